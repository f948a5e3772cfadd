// SPDX-License-Identifier: Apache-2.0

/// How far a shutdown has come.
struct ShutdownProgress: Sendable {
    /// Group priorities whose turn is still to come, the next one last.
    var priorities: [Int]
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
        let active = members.values.filter(\.machine.isActive)
        shutdown = ShutdownProgress(
            priorities: Set(active.map(\.spec.groupPriority)).sorted()
        )
        stopNextPriority(at: now)
    }

    mutating func shutdownMemberCameToRest(_ id: MemberID, at now: Instant) {
        guard shutdown?.waitingFor.remove(id) != nil, shutdown?.waitingFor.isEmpty == true else {
            return
        }
        stopNextPriority(at: now)
    }

    private mutating func stopNextPriority(at now: Instant) {
        while let priority = shutdown?.priorities.popLast() {
            let turn = members.values
                .filter { $0.machine.isActive && $0.spec.groupPriority == priority }
                .sorted { FleetMember.startsBefore($1, $0) }
            guard !turn.isEmpty else { continue }
            shutdown?.waitingFor = Set(turn.map(\.id))
            for member in turn {
                deliver(shutdown?.isKilling == true ? .kill : .stop, to: member.id, at: now)
            }
            return
        }
        if shutdown?.isComplete == false {
            shutdown?.isComplete = true
            emit(.shutdownComplete)
        }
    }

    private mutating func killEverything(at now: Instant) {
        guard shutdown?.isKilling == false, shutdown?.isComplete == false else { return }
        shutdown?.isKilling = true
        shutdown?.priorities = []
        let active = members.values
            .filter(\.machine.isActive).sorted { FleetMember.startsBefore($1, $0) }
        shutdown?.waitingFor = Set(active.map(\.id))
        for member in active { deliver(.kill, to: member.id, at: now) }
    }
}
