// SPDX-License-Identifier: Apache-2.0

/// What the policy makes of an end: the decisions behind the transitions, free of any change.
extension ProcessMachine {
    /// The phase after so many failures in a row, the last of which is `status`.
    func phase(
        afterFailures failures: Int,
        _ status: ExitStatus,
        at now: Instant,
        noise: Double
    ) -> Phase {
        if case .neverExecuted(let failure) = status, failure.isPermanent {
            return .fatal(failures: failures)
        }
        if let limit = policy.startRetries, failures > limit { return .fatal(failures: failures) }
        return .backoff(
            failures: failures,
            until: backoffEnd(failures: failures, at: now, noise: noise)
        )
    }

    /// The phase after an exit from RUNNING.
    ///
    /// With startsecs 0 no run ever proves itself, so each exit that asks for a restart draws on
    /// the same budget of failures; otherwise a program that dies at once would spin.
    func phase(
        afterRunning status: ExitStatus,
        _ failures: Int,
        at now: Instant,
        noise: Double
    ) -> Phase {
        let expected = policy.expects(status)
        guard policy.restarts(afterExpected: expected) else {
            return .exited(expected: expected, restartAt: nil)
        }
        if policy.startSeconds > .zero { return .exited(expected: expected, restartAt: now) }
        return phase(afterFailures: failures + 1, status, at: now, noise: noise)
    }

    /// Whether an end tells that a run with startsecs 0 was RUNNING, though exec was not told yet.
    func wasProven(by status: ExitStatus) -> Bool {
        guard case .starting(_, _, provenAt: nil) = phase, policy.startSeconds <= .zero else {
            return false
        }
        return switch status {
        case .code, .signal: true
        case .neverExecuted, .unknown: false
        }
    }

    /// Whether its child has become the program.
    var isExecuted: Bool {
        switch phase {
        case .starting(_, _, provenAt: .some), .running: true
        case .starting(_, _, provenAt: nil), .stopped, .spawning, .backoff, .stopping, .killing,
            .emptying, .exited, .fatal:
            false
        }
    }

    func backoffEnd(failures: Int, at now: Instant, noise: Double) -> Instant {
        now.advanced(by: policy.backoff.delay(afterFailures: failures, noise: noise))
    }

    /// The phase after the leader of a stopping process has gone.
    func leaderGone(_ run: Run, killAt: Instant?, next: Next) -> (Phase, Effect) {
        policy.killAsGroup
            ? (.emptying(run, killAt: killAt, next: next), .inspectGroup(run.pid)) : settled(next)
    }

    func settled(_ next: Next) -> (Phase, Effect) {
        switch next {
        case .rest: (.stopped, .none)
        case .start: (.spawning(failures: 0), .spawn)
        }
    }
}

extension ProcessPolicy {
    /// Whether an exit is one that the configuration calls expected; a signal never is.
    package func expects(_ status: ExitStatus) -> Bool {
        if case .code(let code) = status { exitCodes.contains(code) } else { false }
    }

    func restarts(afterExpected expected: Bool) -> Bool {
        switch restart {
        case .never: false
        case .unexpected: !expected
        case .always: true
        }
    }
}

extension ProcessMachine {
    /// The state as people see it; a projection of the phase, never stored.
    package var state: ProcessState {
        switch phase {
        case .stopped: .stopped
        case .spawning, .starting: .starting
        case .running: .running
        case .backoff: .backoff
        case .stopping, .killing, .emptying: .stopping
        case .exited: .exited
        case .fatal: .fatal
        }
    }

    /// The run whose leader has not been reaped yet.
    package var liveRun: Run? { phase.liveRun }

    /// The run of which something may live: its leader, or others of it while it is stopped.
    package var unsettledRun: Run? { phase.unsettledRun }

    /// Failed attempts in a row so far.
    package var failures: Int {
        switch phase {
        case .spawning(let failures), .starting(_, let failures, _), .running(_, let failures),
            .backoff(let failures, _), .fatal(let failures):
            failures
        case .stopped, .stopping, .killing, .emptying, .exited: 0
        }
    }

    /// Whether a process lives or is about to be made: not over, one way or another.
    package var isActive: Bool {
        switch phase {
        case .spawning, .starting, .running, .backoff, .stopping, .killing, .emptying,
            .exited(_, restartAt: .some):
            true
        case .stopped, .exited(_, restartAt: nil), .fatal: false
        }
    }
}

extension ProcessMachine.Phase {
    /// The run whose leader has not been reaped.
    var liveRun: ProcessMachine.Run? {
        switch self {
        case .starting(let run, _, _), .running(let run, _), .stopping(let run, _, _),
            .killing(let run, _, _):
            run
        case .stopped, .spawning, .backoff, .emptying, .exited, .fatal: nil
        }
    }

    /// The run of which something may live: its leader, or others of it while it is stopped.
    var unsettledRun: ProcessMachine.Run? {
        switch self {
        case .emptying(let run, _, _): run
        case .stopped, .spawning, .starting, .running, .backoff, .stopping, .killing, .exited,
            .fatal:
            liveRun
        }
    }
}
