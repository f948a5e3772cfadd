// SPDX-License-Identifier: Apache-2.0

/// How far a shutdown has come.
struct ShutdownProgress: Sendable {
    /// Members of the current turn that still live.
    var waitingFor: Set<MemberID> = []
    var isKilling = false
    var isComplete = false
}

/// Shutting down: groups by descending priority, everything of one priority at the same time.
///
/// What is already stopped costs nothing. A second request kills what is left at once.
extension Fleet {
    /// Begins to stop everything, or kills what a shutdown under way still waits for.
    package mutating func shutDown(at now: Instant) {
        if shutdown != nil {
            killEverything(at: now)
            return
        }
        shutdown = ShutdownProgress()
        stopNextPriority(at: now)
    }

    /// Goes on with a shutdown that was under way, once all members are back.
    package mutating func resumeShutdown(_ stage: ShutdownStage, at now: Instant) {
        guard stage != .none, shutdown == nil else { return }
        shutdown = ShutdownProgress()
        if stage == .killing { killEverything(at: now) }
        if shutdown?.waitingFor.isEmpty == true { stopNextPriority(at: now) }
    }

    mutating func shutdownMemberCameToRest(_ id: MemberID, at now: Instant) {
        guard shutdown?.waitingFor.remove(id) != nil, shutdown?.waitingFor.isEmpty == true else {
            return
        }
        stopNextPriority(at: now)
    }

    private mutating func stopNextPriority(at now: Instant) {
        let active = members.values.filter(\.machine.isActive)
        // Looked up anew each time: a reload may have changed priorities meanwhile.
        guard let priority = active.map(\.spec.groupPriority).max() else {
            guard shutdown?.isComplete == false else { return }
            shutdown?.isComplete = true
            emit(.shutdownComplete)
            return
        }
        let turn = active.filter { $0.spec.groupPriority == priority }
            .sorted { FleetMember.startsBefore($1, $0) }
        shutdown?.waitingFor = Set(turn.map(\.id))
        for member in turn { deliver(.stop, to: member.id, at: now) }
    }

    private mutating func killEverything(at now: Instant) {
        guard shutdown?.isKilling == false, shutdown?.isComplete == false else { return }
        shutdown?.isKilling = true
        let active = members.values
            .filter(\.machine.isActive).sorted { FleetMember.startsBefore($1, $0) }
        shutdown?.waitingFor = Set(active.map(\.id))
        for member in active { deliver(.kill, to: member.id, at: now) }
    }
}
