// SPDX-License-Identifier: Apache-2.0

import Supervision

/// A fleet whose effects are carried out on paper: every spawn succeeds with the next pid.
struct TestFleet {
    var fleet = Fleet(seed: 1)
    var now = epoch
    private(set) var effects: [FleetEffect] = []
    private var nextPID: PID = 100
    private var nextTicket: UInt64 = 0
    /// Members whose next spawns fail, and how.
    var spawnFailures: [MemberID: SpawnFailure] = [:]

    mutating func add(
        _ name: String,
        group: String? = nil,
        priority: Int = 999,
        groupPriority: Int = 999,
        _ policy: ProcessPolicy = .plain()
    ) -> MemberID {
        let id = fleet.add(
            .named(name, group: group, priority: priority, groupPriority: groupPriority, policy)
        )
        drain()
        return id
    }

    /// A member that has come to RUNNING.
    mutating func addRunning(
        _ name: String,
        group: String? = nil,
        priority: Int = 999,
        groupPriority: Int = 999,
        _ policy: ProcessPolicy = .plain()
    ) -> MemberID {
        let id = add(
            name,
            group: group,
            priority: priority,
            groupPriority: groupPriority,
            policy
        )
        tell(.start, id)
        prove(id)
        effects = []
        return id
    }

    mutating func tell(_ event: ProcessMachine.Event, _ id: MemberID) {
        fleet.handle(event, for: id, at: now)
        drain()
    }

    /// Executed, and up for startsecs.
    mutating func prove(_ id: MemberID) {
        tell(.executed, id)
        pass(.seconds(5))
    }

    mutating func pass(_ duration: Duration) {
        now = now.advanced(by: duration)
        fleet.reachDeadlines(at: now)
        drain()
    }

    /// The leader and its group are gone.
    mutating func end(_ id: MemberID, _ status: Supervision.ExitStatus = .code(0)) {
        tell(.exited(status), id)
        if case .emptying = fleet[id]?.machine.phase { tell(.groupEmptied, id) }
        fleet.reachDeadlines(at: now)
        drain()
    }

    @discardableResult
    mutating func request(
        _ command: Fleet.Command,
        _ patterns: String...,
        wait: Bool = true
    ) -> Ticket {
        nextTicket += 1
        let ticket = Ticket(rawValue: nextTicket)
        fleet.request(
            command,
            patterns.map { ProcessSelector($0) },
            wait: wait,
            ticket: ticket,
            at: now
        )
        drain()
        return ticket
    }

    mutating func drain() {
        while let effect = fleet.nextEffect() {
            effects.append(effect)
            guard case .spawn(let id) = effect else { continue }
            if let failure = spawnFailures[id] {
                fleet.handle(.spawnFailed(failure), for: id, at: now)
            } else {
                nextPID += 1
                fleet.handle(.spawned(nextPID), for: id, at: now)
            }
        }
    }

    mutating func forgetEffects() { effects = [] }

    func state(_ id: MemberID) -> ProcessState? { fleet[id]?.machine.state }

    /// The answer to a request; nil while it waits.
    func answer(_ ticket: Ticket) -> [CommandOutcome]? {
        for case .answer(ticket, let outcomes) in effects { return outcomes }
        return nil
    }

    func failures(_ ticket: Ticket) -> [CommandOutcome.Failure?]? {
        answer(ticket)?.map(\.failure)
    }

    var spawned: [MemberID] {
        effects.compactMap { if case .spawn(let id) = $0 { id } else { nil } }
    }

    var terminated: [MemberID] {
        effects.compactMap { if case .terminate(let id, _, _, _) = $0 { id } else { nil } }
    }

    var killed: [MemberID] {
        effects.compactMap { if case .kill(let id, _, _) = $0 { id } else { nil } }
    }

    var anomalies: Int {
        effects.count { if case .report(.anomaly) = $0 { true } else { false } }
    }
}

extension MemberSpec {
    static func named(
        _ name: String,
        group: String? = nil,
        priority: Int = 999,
        groupPriority: Int = 999,
        _ policy: ProcessPolicy = .plain()
    ) -> MemberSpec {
        MemberSpec(
            name: ProcessName(group: group ?? name, process: name),
            policy: policy,
            priority: priority,
            groupPriority: groupPriority
        )
    }
}
