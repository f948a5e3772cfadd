// SPDX-License-Identifier: Apache-2.0

import Supervision

/// Changes of state, each judged by what the bystander knows.
extension Oracle {
    mutating func changed(
        _ id: MemberID,
        from: ProcessState,
        to: ProcessState,
        _ kernel: VirtualKernel,
        at now: Instant
    ) throws(Violation) {
        let watch = try watch(id)
        let what = "\(watch.name) \(from.name) -> \(to.name)"
        try require(from == watch.state, "\(what), but it was \(watch.state.name)")
        try require(Oracle.follows(from, to), "\(what) cannot be")
        switch to {
        // What a start must fulfil has been asked when `.spawn` came by, a moment ago.
        case .starting, .unknown: break
        case .running: try runs(watch, what, kernel, at: now)
        case .backoff, .fatal: try fails(watch, to, what)
        case .exited: try exits(watch, what)
        case .stopping: try isStopping(watch, what)
        case .stopped:
            try require(watch.wish == .down || shutdownBegan, "\(what), which nobody asked for")
            if from == .stopping { try hasStopped(watch, what, kernel) }
        }
        let isShutDown = shutdownBegan && (to == .stopped || to == .stopping)
        try update(id) {
            $0.note(to, at: now)
            if isShutDown, !$0.isAsked { $0.wish = .down }
        }
    }

    /// The arrows of supervisord's diagram, and ours.
    static func follows(_ from: ProcessState, _ to: ProcessState) -> Bool {
        switch from {
        case .stopped, .fatal: to == .starting
        case .starting: [.running, .backoff, .fatal, .stopping].contains(to)
        case .running: [.exited, .backoff, .fatal, .stopping].contains(to)
        case .backoff: [.starting, .stopped].contains(to)
        case .stopping: [.stopped, .starting].contains(to)
        case .exited: [.starting, .stopped].contains(to)
        case .unknown: false
        }
    }

    /// A process is about to be started.
    func starts(_ watch: Watch, _ kernel: VirtualKernel, at now: Instant) throws(Violation) {
        let what = "\(watch.name) is started from \(watch.state.name)"
        try require(!watch.hasLeader, "\(what), but its leader lives")
        try require(!kernel.hasLiveLeader(watch.id), "\(what), but another leader lives")
        // With a guardian an end is acknowledged only after what follows from it.
        try require(
            kernel.leader(of: watch.id) == nil || kernel.swarm.deaths > 0,
            "\(what), but its leader is not reaped"
        )
        try require(watch.wish == .up, "\(what), though it was to stay down")
        if watch.state == .stopping { try hasStopped(watch, what, kernel) }
        guard !watch.isAsked, !watch.isPolicyMixed else { return }
        switch watch.state {
        case .backoff:
            let least = watch.policy.backoff.initial * (1 - watch.policy.backoff.jitter)
            try require(
                now.duration(since: watch.since) >= least - .microseconds(1),
                "\(what) after \(now.duration(since: watch.since)), before the backoff was over"
            )
        case .exited: try require(watch.mustRestart, "\(what), against autorestart")
        case .stopped, .fatal: throw Violation("\(what), which nobody asked for")
        case .starting, .running, .stopping, .unknown: break
        }
    }

    private func runs(
        _ watch: Watch,
        _ what: String,
        _ kernel: VirtualKernel,
        at now: Instant
    ) throws(Violation) {
        try require(watch.didExecute, "\(what), but it was never executed")
        // With startsecs 0 a program may be RUNNING for no time at all: its exit tells so.
        let isProvenAtOnce = watch.policy.startSeconds == .zero || watch.isPolicyMixed
        try require(watch.hasLeader || isProvenAtOnce, "\(what) after its exit was told")
        if stage == .deadlines, let leader = kernel.leader(of: watch.id) {
            try require(leader.life == .alive, "\(what), but it is dead")
        }
        guard !watch.isPolicyMixed, let executedAt = watch.executedAt else { return }
        try require(
            now.duration(since: executedAt) >= watch.policy.startSeconds,
            "\(what) after \(now.duration(since: executedAt)), before startsecs"
        )
    }

    private mutating func fails(
        _ watch: Watch,
        _ to: ProcessState,
        _ what: String
    ) throws(Violation) {
        try require(!watch.hasLeader, "\(what), but its leader lives")
        let failures = watch.lastEndIsShortage ? watch.failures : watch.failures + 1
        try update(watch.id) { $0.failures = failures }
        try require(!watch.lastEndIsInterruption, "\(what), for a start that was cut short")
        guard !watch.isPolicyMixed else { return }
        if watch.state == .running {
            try require(
                watch.policy.startSeconds == .zero && watch.mustRestart,
                "\(what) after a run that counts"
            )
        } else if watch.didExecute, watch.policy.startSeconds == .zero {
            throw Violation("\(what), but with startsecs 0 it was running")
        }
        let isOver = watch.policy.startRetries.map { failures > $0 } ?? false
        if to == .fatal {
            try require(
                isOver || watch.lastEndIsPermanent,
                "\(what) after \(failures) failures"
            )
        } else {
            try require(!isOver, "\(what) after \(failures) failures, which are too many")
            try require(!watch.lastEndIsPermanent, "\(what), but trying again cannot help")
        }
    }

    private func exits(_ watch: Watch, _ what: String) throws(Violation) {
        try require(!watch.hasLeader, "\(what), but its leader lives")
        guard !watch.isPolicyMixed, watch.policy.startSeconds == .zero else { return }
        try require(!watch.mustRestart, "\(what), against autorestart")
    }

    private mutating func isStopping(_ watch: Watch, _ what: String) throws(Violation) {
        try require(watch.hasLeader, "\(what), but its leader is gone")
        try require(watch.isAsked || shutdownBegan, "\(what), which nobody asked for")
        try update(watch.id) {
            if !$0.isChanging { $0.stopPolicy = $0.policy }
        }
    }

    private func hasStopped(
        _ watch: Watch,
        _ what: String,
        _ kernel: VirtualKernel
    ) throws(Violation) {
        try require(!watch.hasLeader, "\(what), but its leader lives")
        guard watch.stopPolicy.killAsGroup, let run = watch.run else { return }
        try require(kernel.isGroupEmpty(of: run), "\(what), but its group lives")
    }
}

extension Watch {
    /// Enters a new state.
    fileprivate mutating func note(_ to: ProcessState, at now: Instant) {
        switch (state, to) {
        case (.backoff, .starting) where !isAsked: break
        case (_, .starting):
            failures = 0
            isPolicyMixed = false
        case (.starting, .running) where policy.startSeconds > .zero: failures = 0
        default: break
        }
        if state == .stopping {
            lastKillAt = nil
            killDemandedAt = nil
            isEmptying = false
        }
        state = to
        since = now
    }
}
