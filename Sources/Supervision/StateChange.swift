// SPDX-License-Identifier: Apache-2.0

/// One change of a process's state, with what was true of the process just then.
///
/// It is made when the change happens, because it is told later: by then the next run may have
/// begun, which has another pid.
package struct StateChange: Hashable, Sendable {
    package let from: ProcessState
    package let to: ProcessState
    /// The process that lives in the new state; nil when none does.
    package let livePID: PID?
    /// The process that the change is about: the one that lives, or else the one that lived.
    package let pid: PID?
    /// Failed attempts in a row, counted after the change.
    package let failures: Int
    /// Whether the end that led to EXITED was one that the configuration calls expected.
    package let isExpected: Bool

    package init(
        from: ProcessState,
        to: ProcessState,
        livePID: PID? = nil,
        pid: PID? = nil,
        failures: Int = 0,
        isExpected: Bool = false
    ) {
        self.from = from
        self.to = to
        self.livePID = livePID
        self.pid = pid ?? livePID
        self.failures = failures
        self.isExpected = isExpected
    }
}

extension StateChange {
    /// The changes that this one is made of.
    ///
    /// A stop that a start was waiting for ends in STARTING. The process has stopped all the same,
    /// and whoever waits to hear that does. An attempt that was the last has failed as those before
    /// it: all of them are told and counted in the same way, and then that it is given up.
    package var steps: [StateChange] {
        if to == .fatal, from != .backoff {
            return [
                StateChange(from: from, to: .backoff, pid: pid, failures: failures),
                StateChange(from: .backoff, to: .fatal, pid: pid, failures: failures),
            ]
        }
        guard from == .stopping, to == .starting else { return [self] }
        return [
            StateChange(from: .stopping, to: .stopped, pid: pid),
            StateChange(from: .stopped, to: .starting, livePID: livePID, failures: failures),
        ]
    }
}

extension ProcessMachine {
    /// What has changed since `before`; nil when the state is the same.
    func change(since before: ProcessMachine) -> StateChange? {
        guard before.state != state else { return nil }
        let isExpected =
            if case .exited(let expected, _) = phase { expected } else { false }
        return StateChange(
            from: before.state,
            to: state,
            livePID: liveRun?.pid,
            pid: liveRun?.pid ?? before.lastRun?.pid,
            failures: failures,
            isExpected: isExpected
        )
    }

    /// The run that the phase is about, also when its leader has gone.
    private var lastRun: Run? {
        if case .emptying(let run, _, _) = phase { run } else { liveRun }
    }
}
