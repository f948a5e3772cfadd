// SPDX-License-Identifier: Apache-2.0

import Supervision

let epoch = Instant(nanoseconds: 1_000_000_000)

/// The instant so many seconds after the epoch of the tests.
func after(_ seconds: Double) -> Instant {
    epoch.advanced(by: .seconds(seconds))
}

extension ProcessPolicy {
    /// startsecs 5, one retry, no jitter, and what a test says otherwise.
    static func plain(_ adjust: (inout ProcessPolicy) -> Void = { _ in }) -> ProcessPolicy {
        var policy = ProcessPolicy()
        policy.startSeconds = .seconds(5)
        policy.startRetries = 1
        policy.backoff.jitter = 0
        adjust(&policy)
        return policy
    }
}

extension SpawnFailure {
    static func made(_ step: Step, isPermanent: Bool = false) -> SpawnFailure {
        SpawnFailure(
            step: step,
            subject: "/nope",
            errorNumber: 2,
            reason: "No such file or directory",
            isPermanent: isPermanent
        )
    }
}

extension ProcessMachine.Run {
    /// A run as a machine makes it.
    static func made(_ pid: PID, at instant: Instant = epoch) -> ProcessMachine.Run? {
        var machine = ProcessMachine(policy: .plain())
        _ = machine.handle(.start, at: instant)
        _ = machine.handle(.spawned(pid), at: instant)
        return machine.liveRun
    }
}
