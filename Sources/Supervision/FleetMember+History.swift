// SPDX-License-Identifier: Apache-2.0

extension FleetMember {
    /// Keeps what an event says about the past, and tells what of it is news.
    mutating func remember(
        _ event: ProcessMachine.Event,
        at now: Instant
    ) -> FleetReport? {
        switch event {
        case .spawned(let pid):
            history.startedAt = now
            history.runs += 1
            return .spawned(id, name, pid)
        case .spawnFailed(let failure):
            history.lastExit = .neverExecuted(failure)
            history.lastDuration = nil
            return .spawnFailed(id, name, failure)
        case .exited(let status): return remember(end: status, at: now)
        case .startAborted:
            guard let run = machine.liveRun else { return nil }
            if machine.state == .stopping {
                return remember(end: .neverExecuted(.interrupted), at: now)
            }
            // It is made again at once, and counted then.
            history.runs -= 1
            return .startAborted(id, name, run.pid)
        case .start, .stop, .restart, .kill, .executed, .groupEmptied, .leftoversGone,
            .deadlineReached:
            return nil
        }
    }

    private mutating func remember(end status: ExitStatus, at now: Instant) -> FleetReport? {
        guard let run = machine.liveRun else { return nil }
        history.endedAt = now
        history.lastExit = status
        history.lastDuration = now.duration(since: run.startedAt)
        return .exited(
            id,
            name,
            run.pid,
            status,
            expected: machine.state == .running && machine.policy.expects(status),
            wasStopping: machine.state == .stopping
        )
    }
}
