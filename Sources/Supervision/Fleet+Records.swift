// SPDX-License-Identifier: Apache-2.0

/// Writing a fleet down, and going on with it after the manager has died.
///
/// The caller writes the records of `takeTouched` before it runs the next effect, and before it
/// acknowledges an exit. Then a crash between any two of its steps loses nothing: what was not
/// written is told again, and what was written is done again where that does no harm.
extension Fleet {
    /// The record of a member, without what only the caller knows; nil when there is none.
    package func record(of id: MemberID) -> MemberRecord? {
        guard let member = members[id] else { return nil }
        var record = MemberRecord(name: member.name, phase: member.machine.phase)
        record.priority = member.spec.priority
        record.groupPriority = member.spec.groupPriority
        record.history = member.history
        // A manager that follows adds it again, and gives it its turn.
        record.isLeaving = member.isLeaving || member.isReturning
        if record.phase.isStop { record.stopRules = .init(member.machine.policy) }
        if case .stopping = record.phase { record.owesSignal = member.owesSignal }
        return record
    }

    /// Takes the members whose records may have changed since the last call, in that order.
    ///
    /// One that waits for its turn to start by itself is not among them, nor is one that is gone.
    package mutating func takeTouched() -> [MemberID] {
        guard !touched.isEmpty else { return [] }
        let ids = touched
        touched.removeAll(keepingCapacity: true)
        return ids.filter { id in
            guard members[id] != nil else { return false }
            members[id]?.isTouched = false
            return true
        }
    }

    /// Takes a member back as it was recorded; a second record of the same name is ignored.
    ///
    /// Effects follow for what may not have been done: a start under way is made again, a stop
    /// signal that may not have been sent is sent, a group is inspected. Deadlines stand as they
    /// were, those that have passed meanwhile are due at once. A run that was not known to have
    /// executed stays so: tell `executed` or `startAborted` by what the kernel says.
    ///
    /// - Parameters:
    ///   - record: What was written last.
    ///   - spec: What the configuration says of it now, or `record.lastSpec`.
    /// - Returns: Its number in this fleet; one that was leaving and is at rest is gone at once.
    package mutating func restore(_ record: MemberRecord, as spec: MemberSpec) -> MemberID {
        if let id = identifiers[spec.name] { return id }
        let id = makeIdentifier()
        var member = FleetMember(id: id, spec: spec)
        member.machine = ProcessMachine(
            policy: record.policy(over: spec.policy),
            restored: record.phase
        )
        member.history = record.history
        member.isLeaving = record.isLeaving
        member.hasMoved = true
        members[id] = member
        identifiers[spec.name] = id
        if let deadline = member.machine.deadline { enter(id, at: deadline) }
        switch record.phase {
        case .spawning: emit(.spawn(id))
        case .stopping(let run, _, _) where record.owesSignal: askToEnd(id, run.pid)
        case .emptying(let run, _, _): emit(.inspectGroup(id, run.pid))
        case .stopped, .starting, .running, .backoff, .stopping, .killing, .exited, .fatal: break
        }
        if member.isLeaving, !member.machine.isActive { forget(id) }
        return id
    }

    /// What to write down of a shutdown: before the records of the members that it has touched.
    package var shutdownStage: ShutdownStage {
        switch shutdown {
        case nil: .none
        case .some(let progress): progress.isKilling ? .killing : .stopping
        }
    }
}
