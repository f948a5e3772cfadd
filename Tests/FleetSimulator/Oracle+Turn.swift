// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What must hold between turns, and when everything has calmed down.
extension Oracle {
    func turnIsOver(
        _ fleet: inout Fleet,
        _ kernel: VirtualKernel,
        at now: Instant
    ) throws(Violation) {
        try require(fleet.count == watches.count, "\(fleet.count) members are not \(watches.count)")
        try require(fleet.isShuttingDown == shutdownBegan, "a shutdown has been forgotten")
        if let deadline = fleet.nextDeadline() {
            try require(deadline >= now, "a deadline lies \(now.duration(since: deadline)) back")
        }
        for watch in watches {
            guard let member = fleet[watch.id] else {
                throw Violation("\(watch.name) has left without a word")
            }
            try agrees(watch, member, kernel)
            try stopsInTime(watch, at: now)
        }
    }

    private func agrees(
        _ watch: Watch,
        _ member: FleetMember,
        _ kernel: VirtualKernel
    ) throws(Violation) {
        let machine = member.machine
        let what = "\(watch.name) is \(machine.state.name)"
        try require(
            machine.state == watch.state,
            "\(what), but was said to be \(watch.state.name)"
        )
        let leader = kernel.leader(of: watch.id)
        try require(
            (machine.liveRun != nil) == (leader != nil),
            "\(what) with leader \(leader?.pid ?? 0)"
        )
        if let leader, let run = machine.liveRun {
            try require(
                leader.pid == run.pid,
                "\(what) with \(run.pid), but lives as \(leader.pid)"
            )
        }
        switch watch.state {
        case .stopped, .exited, .fatal, .backoff:
            try require(leader == nil, "\(what), but its leader lives")
        case .starting, .running, .stopping, .unknown: break
        }
        if watch.isPolicyMixed { return }
        switch watch.state {
        case .exited: try require(!watch.mustRestart, "\(what), but has to be started again")
        case .backoff, .fatal:
            try require(
                machine.failures == watch.failures,
                "\(what) after \(machine.failures) failures, which are \(watch.failures)"
            )
        case .stopped, .starting, .running, .stopping, .unknown: break
        }
    }

    /// How long a stop may take beyond stopwaitsecs when everything is at its slowest.
    private static let slack =
        Swarm.longestSleep + Swarm.greatestLateness * 4 + .seconds(2)

    private func stopsInTime(_ watch: Watch, at now: Instant) throws(Violation) {
        guard watch.state == .stopping else { return }
        var latest = watch.stopPolicy.stopWait.map { watch.since.advanced(by: $0 + Oracle.slack) }
        if let killDemandedAt = watch.killDemandedAt {
            let byKill = killDemandedAt.advanced(by: Oracle.slack)
            latest = latest.map { min($0, byKill) } ?? byKill
        }
        guard let latest else { return }
        try require(now <= latest, "\(watch.name) stops since \(now.duration(since: watch.since))")
    }

    // MARK: - Liveness

    /// A stop that may go on for ever: `stopwaitsecs: never`.
    private func mayHang(_ watch: Watch) -> Bool {
        watch.state == .stopping && watch.stopPolicy.stopWait == nil && watch.killDemandedAt == nil
    }

    /// After the faults have stopped and time enough has passed.
    func isSettled() throws(Violation) {
        for watch in watches where !mayHang(watch) {
            let what = "\(watch.name) has settled as \(watch.state.name)"
            switch watch.state {
            case .running: try require(watch.wish == .up, "\(what), but was to be down")
            case .stopped: try require(watch.wish == .down, "\(what), but was to be up")
            case .exited, .fatal: break
            case .starting, .backoff, .stopping, .unknown: throw Violation(what)
            }
            try require(!watch.isLeaving, "\(what), but was to leave")
        }
        guard !watches.contains(where: mayHang) else { return }
        for request in open.values { throw Violation("no answer to \(request)") }
    }

    /// After a shutdown has been completed.
    func isOver(_ kernel: VirtualKernel) throws(Violation) {
        for watch in watches {
            try require(watch.isAtRest, "\(watch.name) is \(watch.state.name) after a shutdown")
            try require(!watch.hasLeader, "\(watch.name) lives after a shutdown")
        }
        for request in open.values { throw Violation("no answer to \(request)") }
    }
}
