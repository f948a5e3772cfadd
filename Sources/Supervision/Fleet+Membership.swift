// SPDX-License-Identifier: Apache-2.0

/// Who belongs to the fleet: what a start or a reload adds, changes and takes away.
extension Fleet {
    /// Adds a process, STOPPED; one of this name that is leaving stays instead.
    package mutating func add(_ spec: MemberSpec) -> MemberID {
        if let id = identifiers[spec.name], members[id]?.isLeaving == true {
            members[id]?.isLeaving = false
            members[id]?.isReturning = true
            touchIfMoved(id)
            adopt(spec, for: id)
            return id
        }
        let id = makeIdentifier()
        members[id] = FleetMember(id: id, spec: spec)
        identifiers[spec.name] = id
        return id
    }

    /// Makes room for so many members at once.
    package mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
        identifiers.reserveCapacity(count)
    }

    /// The order in which members are started: by group priority, group, priority and name.
    package func inStartingOrder(_ ids: [MemberID]) -> [MemberID] {
        ids.compactMap { members[$0] }.sorted(by: FleetMember.startsBefore).map(\.id)
    }

    /// Starts those of the members that are at rest and are to start by themselves, in order.
    package mutating func autostart(_ ids: [MemberID], at now: Instant) {
        guard !isShuttingDown else { return }
        let ordered = ids.compactMap { members[$0] }.sorted(by: FleetMember.startsBefore)
        for member in ordered {
            // Its turn has come: from now on it has a record.
            members[member.id]?.isReturning = false
            touch(member.id)
            guard member.spec.policy.autostart, !member.isLeaving else { continue }
            deliver(.start, to: member.id, at: now)
        }
    }

    /// Gives a process new rules; with `restarting` a running one is restarted to take them up.
    ///
    /// The old rules decide how it is stopped, to the end. What is not active is started only if it is not
    /// at rest by somebody's wish: EXITED and FATAL are tried again with the new settings.
    package mutating func change(
        _ id: MemberID,
        to spec: MemberSpec,
        restarting: Bool,
        at now: Instant
    ) {
        guard let member = members[id] else { return }
        let becameAutomatic = spec.policy.autostart && !member.spec.policy.autostart
        if restarting, !isShuttingDown {
            if member.machine.isActive {
                if member.machine.state != .stopping { deliver(.restart, to: id, at: now) }
            } else if spec.policy.autostart,
                member.machine.state != .stopped || becameAutomatic
            {
                deliver(.start, to: id, at: now)
            }
        }
        adopt(spec, for: id)
    }

    /// Takes a process out; it is stopped first, and `.removed` follows when it is gone.
    package mutating func remove(_ id: MemberID, at now: Instant) {
        guard let member = members[id] else { return }
        members[id]?.isLeaving = true
        members[id]?.isReturning = false
        touchIfMoved(id)
        if member.machine.isActive {
            deliver(.stop, to: id, at: now)
        } else {
            forget(id)
        }
    }

    mutating func forget(_ id: MemberID) {
        guard let member = members.removeValue(forKey: id) else { return }
        identifiers[member.name] = nil
        emit(.removed(id))
    }

    private mutating func adopt(_ spec: MemberSpec, for id: MemberID) {
        members[id]?.spec = spec
        members[id]?.takeUpRules()
        touchIfMoved(id)
    }
}
