// SPDX-License-Identifier: Apache-2.0

import Supervision

/// Signals and answers: what leaves the fleet for the world.
extension Oracle {
    // MARK: - Signals

    mutating func terminates(
        _ id: MemberID,
        _ pid: PID,
        _ signal: Signal,
        toGroup: Bool
    ) throws(Violation) {
        let watch = try watch(id)
        let what = "\(signal) for \(watch.name)"
        try require(watch.hasLeader, "\(what) after its exit was told")
        try require(watch.pid == pid, "\(what) goes to \(pid), which is not \(watch.pid)")
        try require(signal != .kill, "\(what) where a gentle signal was due")
        try update(id) { $0.wasAskedToEnd = true }
        guard shutdownBegan, !watch.isAsked, !reloadedSinceShutdown else { return }
        for other in watches where other.groupPriority > watch.groupPriority {
            try require(other.isAtRest, "\(what) before \(other.name), whose priority is higher")
        }
    }

    mutating func kills(
        _ id: MemberID,
        _ pid: PID,
        toGroup: Bool,
        at now: Instant
    ) throws(Violation) {
        let watch = try watch(id)
        let what = "SIGKILL for \(watch.name)"
        try require(watch.pid == pid, "\(what) goes to \(pid), which is not \(watch.pid)")
        try require(
            watch.hasLeader || (toGroup && watch.isEmptying),
            "\(what) after \(toGroup ? "its group was empty" : "its exit was told")"
        )
        if watch.killDemandedAt == nil, watch.state == .stopping {
            let patience = watch.stopPolicy.stopWait
            try require(
                patience.map { now.duration(since: watch.since) >= $0 } ?? false,
                "\(what) after \(now.duration(since: watch.since)), before stopwaitsecs"
            )
            try require(watch.wasAskedToEnd, "\(what), which was not asked to end before")
        } else {
            try require(watch.killDemandedAt != nil, "\(what), which was \(watch.state.name)")
        }
        if let last = watch.lastKillAt, watch.killDemandedAt != now {
            try require(now > last, "\(what) twice at the same time")
        }
        try update(id) { $0.lastKillAt = now }
    }

    /// A signal has reached these processes; all must be of the run it was meant for.
    func reached(_ runs: [RunID?], _ id: MemberID) throws(Violation) {
        let watch = try watch(id)
        for run in runs where run != watch.run {
            throw Violation(
                run == nil
                    ? "a signal for \(watch.name) has reached a stranger"
                    : "a signal for \(watch.name) has reached another process of the fleet"
            )
        }
    }

    // MARK: - Requests

    mutating func requested(_ ticket: Ticket, _ request: OpenRequest) {
        open[ticket] = request
    }

    mutating func answered(
        _ ticket: Ticket,
        _ outcomes: [CommandOutcome]
    ) throws(Violation) {
        guard let request = open.removeValue(forKey: ticket) else {
            throw Violation("\(ticket) is answered, which is not open")
        }
        let subjects = request.members.count + request.missing
        try require(
            outcomes.count >= subjects && outcomes.count <= 2 * subjects,
            "\(request) got \(outcomes.count) outcomes"
        )
        guard request.waits, request.missing == 0, request.members.count == 1,
            let last = outcomes.last, last.failure == nil, let slot = slot(request.members[0])
        else { return }
        let state = watches[slot].state
        switch last.action {
        case .started:
            try require(state == .running, "\(last.name) is said to be started in \(state.name)")
        case .stopped:
            try require(state != .stopping, "\(last.name) is said to be stopped in \(state.name)")
        }
    }
}
