// SPDX-License-Identifier: Apache-2.0

private import HeapModule
private import OrderedCollections

/// All supervised processes: their machines, their deadlines and the requests that wait on them.
///
/// Events and an instant go in; effects come out of `nextEffect()`, in order. The caller runs
/// every effect before it tells of the next event, and answers `.spawn` at once. The fleet reads
/// no clock and calls nobody, so a simulator can drive it as well as a kernel.
package struct Fleet: Sendable {
    var members: [MemberID: FleetMember] = [:]
    var identifiers: [ProcessName: MemberID] = [:]
    var parked: [Ticket: ParkedRequest] = [:]
    var shutdown: ShutdownProgress?
    /// Members whose records have changed, each once.
    var touched: [MemberID] = []
    private var deadlines = DeadlineQueue()
    private var effects: [FleetEffect] = []
    private var nextEffectIndex = 0
    private var nextIdentifier = 0
    private var random: SplitMix64

    /// Makes an empty fleet.
    ///
    /// - Parameter seed: Decides the jitter of backoffs and nothing else.
    package init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    // MARK: - Events

    /// Tells what has happened to one process; unknown members are ignored.
    ///
    /// An exit may be told before, after or without the `executed` of its run; once it is told,
    /// an `executed` that comes late must be dropped, because it would be taken for the next run's.
    package mutating func handle(
        _ event: ProcessMachine.Event,
        for id: MemberID,
        at now: Instant
    ) {
        if case .exited(let status) = event, members[id]?.machine.wasProven(by: status) == true {
            deliver(.executed, to: id, at: now)
        }
        deliver(event, to: id, at: now)
    }

    /// Handles the deadlines up to `now`, the earliest first.
    ///
    /// - Parameters:
    ///   - now: The instant of the turn.
    ///   - limit: How many at most; a thousand starts at once would hold up everybody else. What
    ///     is left over is due at once.
    package mutating func reachDeadlines(at now: Instant, atMost limit: Int = .max) {
        var left = limit
        while left > 0, let entry = earliestDeadline(), entry.at <= now {
            left -= 1
            deadlines.removeEarliest()
            deliver(.deadlineReached, to: entry.id, at: now)
        }
    }

    /// When `reachDeadlines` is next wanted; nil while nothing is pending.
    package mutating func nextDeadline() -> Instant? {
        earliestDeadline()?.at
    }

    /// Takes the next thing to do; nil when everything has been done.
    package mutating func nextEffect() -> FleetEffect? {
        // Whoever asks for the next one has carried out the last.
        if nextEffectIndex > 0 { wasDone(effects[nextEffectIndex - 1]) }
        guard nextEffectIndex < effects.count else {
            effects.removeAll(keepingCapacity: true)
            nextEffectIndex = 0
            return nil
        }
        nextEffectIndex += 1
        return effects[nextEffectIndex - 1]
    }

    // MARK: - Looking

    package subscript(_ id: MemberID) -> FleetMember? { members[id] }

    package func identifier(of name: ProcessName) -> MemberID? { identifiers[name] }

    package var isShuttingDown: Bool { shutdown != nil }

    package var count: Int { members.count }

    package func hasMember(inGroup group: String) -> Bool {
        members.values.contains { $0.name.group == group }
    }

    /// All members, in no order.
    package var allMembers: some Collection<FleetMember> { members.values }

    /// All members, sorted by group and then by name.
    package var sortedMembers: [FleetMember] {
        members.values.sorted { $0.name < $1.name }
    }

    // MARK: - The one place where a machine moves

    /// Delivers an event, turns the machine's effect into the fleet's, and notices the change.
    mutating func deliver(_ event: ProcessMachine.Event, to id: MemberID, at now: Instant) {
        guard var member = members[id] else { return }
        let (before, historyBefore) = (member.machine, member.history)
        let report = member.remember(event, at: now)
        let effect = member.machine.handle(event, at: now, noise: noise(for: event))
        member.takeUpRules()
        members[id] = member
        if before.phase != member.machine.phase || historyBefore != member.history { touch(id) }
        if let report { emit(.report(report)) }
        translate(effect, member)
        if let deadline = member.machine.deadline, deadline != before.deadline {
            deadlines.enter(id, at: deadline)
        }
        if let change = member.machine.change(since: before) {
            emit(.report(.changed(id, member.name, change)))
            settleWaiters(of: id, from: change.from, to: change.to)
        } else if case .executed = event {
            settleWaiters(of: id, from: .starting, to: member.machine.state)
        }
        if before.isActive, !member.machine.isActive { memberCameToRest(id, at: now) }
    }

    private mutating func translate(_ effect: ProcessMachine.Effect, _ member: FleetMember) {
        let policy = member.machine.policy
        switch effect {
        case .none: break
        case .spawn: emit(.spawn(member.id))
        case .terminate(let pid):
            emit(.report(.waiting(member.id, member.name)))
            askToEnd(member.id, pid)
        case .kill(let pid):
            emit(.report(.killing(member.id, member.name, pid)))
            emit(.kill(member.id, pid, toGroup: policy.killAsGroup))
        case .inspectGroup(let pid): emit(.inspectGroup(member.id, pid))
        case .anomaly(let event):
            emit(
                .report(
                    .anomaly(member.id, member.name, "\(event) in \(member.machine.phase)")
                )
            )
        }
    }

    /// Sends the stop signal, which is owed until it has been sent.
    mutating func askToEnd(_ id: MemberID, _ pid: PID) {
        guard let policy = members[id]?.machine.policy else { return }
        members[id]?.owesSignal = true
        emit(.terminate(id, pid, policy.stopSignal, toGroup: policy.stopAsGroup))
    }

    private mutating func wasDone(_ effect: FleetEffect) {
        guard case .terminate(let id, _, _, _) = effect, members[id]?.owesSignal == true else {
            return
        }
        members[id]?.owesSignal = false
        touch(id)
    }

    /// Notes that the record of a member has changed.
    mutating func touch(_ id: MemberID) {
        members[id]?.hasMoved = true
        guard members[id]?.isTouched == false else { return }
        members[id]?.isTouched = true
        touched.append(id)
    }

    /// Notes that what a member is has changed; only one that has moved has a record.
    mutating func touchIfMoved(_ id: MemberID) {
        if members[id]?.hasMoved == true { touch(id) }
    }

    private mutating func memberCameToRest(_ id: MemberID, at now: Instant) {
        if members[id]?.isLeaving == true { forget(id) }
        shutdownMemberCameToRest(id, at: now)
    }

    private mutating func noise(for event: ProcessMachine.Event) -> Double {
        switch event {
        case .exited, .spawnFailed: Double.random(in: -1...1, using: &random)
        case .start, .stop, .restart, .kill, .spawned, .executed, .startAborted, .groupEmptied,
            .leftoversGone, .deadlineReached:
            0
        }
    }

    private mutating func earliestDeadline() -> DeadlineQueue.Entry? {
        let members = members
        return deadlines.earliest { members[$0.id]?.machine.deadline == $0.at }
    }

    mutating func emit(_ effect: FleetEffect) {
        effects.append(effect)
    }

    mutating func enter(_ id: MemberID, at deadline: Instant) {
        deadlines.enter(id, at: deadline)
    }

    /// A number that no member has had.
    package mutating func makeIdentifier() -> MemberID {
        nextIdentifier += 1
        return MemberID(rawValue: nextIdentifier)
    }
}
