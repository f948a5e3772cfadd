// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What a bystander makes of a manager that died within an input: each thing that it was to do has
/// been done and written down, or has not; what was neither told nor answered is lost.
extension Oracle {
    mutating func managerDied(in stage: ShutdownStage) {
        open = [:]
        if stage == .none { shutdownBegan = false }
    }

    /// A member that waits for its turn to start by itself.
    mutating func hadNoTurn(_ id: MemberID) throws(Violation) {
        let watch = try watch(id)
        try require(watch.state == .stopped, "\(watch.name) has no record as \(watch.state.name)")
        try require(!watch.hadTurn, "\(watch.name) gets a second turn to start by itself")
        try update(id) {
            $0.wish = .down
            $0.isAsked = true
        }
    }

    /// A member that has been taken back by its record.
    mutating func cameBack(
        _ member: FleetMember,
        _ kernel: VirtualKernel,
        _ stage: ShutdownStage,
        at now: Instant
    ) throws(Violation) {
        let machine = member.machine
        let watch = try watch(member.id)
        if let run = machine.liveRun {
            try require(
                run.pid == watch.pid,
                "\(watch.name) was \(watch.pid) and comes back as \(run)"
            )
        }
        try update(member.id) {
            $0.hasLeader = machine.liveRun != nil
            $0.isEmptying = false
            $0.lastKillAt = nil
            if stage != .killing, $0.killDemandedAt == now { $0.killDemandedAt = nil }
            if $0.isChanging { $0.stopPolicy = machine.policy }
            if $0.isAsked { $0.wish = machine.isWantedUp ? .up : .down }
        }
        // It had left, but its record had not been erased: it leaves once more.
        if watch.isLeaving, watch.isAtRest, machine.state == .stopping {
            try update(member.id) { $0.state = .stopping }
            return
        }
        for (from, to) in Self.path(watch, to: machine) {
            try changed(member.id, from: from, to: to, kernel, at: now)
        }
    }

    /// The changes that were not told, at most two.
    private static func path(
        _ watch: Watch,
        to machine: ProcessMachine
    ) -> [(ProcessState, ProcessState)] {
        let (start, end) = (watch.state, machine.state)
        if start == end {
            // It may have been tried again and failed again without a word.
            guard end == .backoff || end == .fatal, watch.failures != machine.failures else {
                return []
            }
            return [(start, .starting), (.starting, end)]
        }
        // With startsecs 0 it was running before it failed.
        let wasProven =
            start == .starting && watch.didExecute && watch.policy.startSeconds == .zero
        if follows(start, end), !wasProven || end == .running || end == .stopping {
            return [(start, end)]
        }
        let middle: ProcessState = start == .starting ? .running : .starting
        return [(start, middle), (middle, end)]
    }
}

extension ProcessMachine {
    /// Whether it lives or is about to, by somebody's wish.
    fileprivate var isWantedUp: Bool {
        switch phase {
        case .stopping(_, _, let next), .killing(_, _, let next), .emptying(_, _, let next):
            next == .start
        case .stopped: false
        case .spawning, .starting, .running, .backoff, .exited, .fatal: true
        }
    }
}
