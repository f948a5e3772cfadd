// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The people around the daemon: clients, those who edit its configuration, those who stop it.
extension Simulation {
    mutating func populate() throws(Violation) {
        var added: [MemberID] = []
        for number in 0..<swarm.members {
            let spec = makeSpec(
                ProcessName(group: "g\(dice.below(3))", process: "p\(number)")
            )
            added.append(try add(spec))
        }
        try autostart(added)
    }

    mutating func request() throws(Violation) {
        requestsLeft -= 1
        nextRequestAt = nextRequestAt.advanced(
            by: .milliseconds(dice.pick([0, 1, 100, 1000, 1000, 9999, 60_000, 600_000]))
        )
        if dice.chance(swarm.strangers) { disturb() }
        if dice.chance(swarm.shutdowns) {
            try requestShutdown()
        } else if dice.chance(swarm.reloads) {
            try reload()
        } else {
            try command()
        }
    }

    // MARK: - Clients

    private mutating func command() throws(Violation) {
        let command = dice.pick([Fleet.Command.start, .stop, .stop, .restart])
        let selectors = makeSelectors()
        let waits = dice.chance(swarm.waits)
        nextTicket += 1
        let ticket = Ticket(rawValue: nextTicket)
        let (chosen, missing) = fleet.resolve(selectors)
        for member in chosen {
            let isRefused = command != .stop && (fleet.isShuttingDown || member.isLeaving)
            oracle.ask(member.id, isRefused ? nil : command == .stop ? .down : .up)
        }
        oracle.requested(
            ticket,
            Oracle.OpenRequest(
                command: command,
                waits: waits,
                members: chosen.map(\.id),
                missing: missing.count
            )
        )
        fleet.request(command, selectors, wait: waits, ticket: ticket, at: now)
        try drain()
    }

    private mutating func makeSelectors() -> [ProcessSelector] {
        let names = fleet.sortedMembers.map(\.name)
        switch dice.below(10) {
        case 0: return [ProcessSelector("all")]
        case 1: return [ProcessSelector("g\(dice.below(3)):*")]
        case 2: return [ProcessSelector("nobody")]
        case 3 where !names.isEmpty:
            return [
                ProcessSelector(dice.pick(names).description),
                ProcessSelector(dice.pick(names).description),
            ]
        default:
            return names.isEmpty
                ? [ProcessSelector("*")] : [ProcessSelector(dice.pick(names).description)]
        }
    }

    // MARK: - Reloads

    private mutating func reload() throws(Violation) {
        let members = fleet.sortedMembers
        guard !members.isEmpty, dice.chance(800) else {
            let name = ProcessName(group: "g\(dice.below(3))", process: "p\(dice.below(8))")
            if let id = fleet.identifier(of: name), fleet[id]?.isLeaving == false { return }
            try addAndStart(makeSpec(name))
            return
        }
        let member = dice.pick(members)
        if member.isLeaving {
            try addAndStart(makeSpec(member.name))
        } else if dice.chance(400) {
            try remove(member)
        } else {
            try change(member)
        }
    }

    /// Adds a program and gives it its turn to start; should the manager die in between, that is for
    /// the next one to do.
    private mutating func addAndStart(_ spec: MemberSpec) throws(Violation) {
        let life = deaths
        let id = try add(spec)
        guard deaths == life else { return }
        try writeRecords()
        if try !mayDie() { try autostart([id]) }
    }

    private mutating func makeSpec(_ name: ProcessName) -> MemberSpec {
        MemberSpec(
            name: name,
            policy: swarm.policy(&dice),
            priority: dice.pick([1, 999]),
            groupPriority: dice.pick([1, 5, 999])
        )
    }

    /// The specification as a daemon with a planted bug passes it on.
    private func passedOn(_ spec: MemberSpec) -> MemberSpec {
        var spec = spec
        if bug == .oneRetryMore, let retries = spec.policy.startRetries {
            spec.policy.startRetries = retries + 1
        }
        if bug == .prioritiesForgotten { spec.groupPriority = 999 }
        return spec
    }

    private mutating func add(_ spec: MemberSpec) throws(Violation) -> MemberID {
        disk.configured[spec.name] = passedOn(spec)
        let id = fleet.add(passedOn(spec))
        lastIdentifier = max(lastIdentifier, id.rawValue)
        try oracle.add(id, spec)
        oracle.ask(id, spec.policy.autostart && !fleet.isShuttingDown ? .up : nil)
        try drain()
        return id
    }

    private mutating func autostart(_ ids: [MemberID]) throws(Violation) {
        for id in ids {
            let watch = try oracle.watch(id)
            oracle.ask(id, watch.policy.autostart && !fleet.isShuttingDown ? .up : nil)
        }
        fleet.autostart(ids, at: now)
        try drain()
        // Nothing is written down when nobody can die any more.
        guard mayStillDie, !fleet.isShuttingDown else { return }
        for id in ids where oracle.slot(id) != nil { try oracle.update(id) { $0.hadTurn = true } }
    }

    private mutating func remove(_ member: FleetMember) throws(Violation) {
        oracle.ask(member.id, .down)
        try oracle.update(member.id) { $0.isLeaving = true }
        disk.configured[member.name] = nil
        fleet.remove(member.id, at: now)
        try drain()
    }

    private mutating func change(_ member: FleetMember) throws(Violation) {
        let spec = makeSpec(member.name)
        let restarting = dice.chance(500)
        let watch = try oracle.watch(member.id)
        var wish: Watch.Wish?
        if restarting, !fleet.isShuttingDown, watch.state != .stopping {
            let becameAutomatic = spec.policy.autostart && !watch.policy.autostart
            if !watch.isAtRest {
                wish = .up
            } else if spec.policy.autostart, watch.state != .stopped || becameAutomatic {
                wish = .up
            }
        }
        oracle.ask(member.id, wish)
        try oracle.change(member.id, to: spec)
        disk.configured[member.name] = passedOn(spec)
        if restarting { disk.fingerprints[member.name, default: 0] += 1 }
        applied[member.name] = disk.fingerprints[member.name]
        fleet.change(member.id, to: passedOn(spec), restarting: restarting, at: now)
        try drain()
    }

    // MARK: - The end, and strangers

    mutating func requestShutdown() throws(Violation) {
        if oracle.shutdownBegan {
            for watch in oracle.watches where !watch.isAtRest {
                try oracle.update(watch.id) {
                    $0.isAsked = true
                    $0.wish = .down
                    if $0.killDemandedAt == nil { $0.killDemandedAt = now }
                }
            }
            if bug == .secondShutdownIgnored { return }
        }
        oracle.shutdownBegan = true
        fleet.shutDown(at: now)
        try drain()
    }

    /// Processes that are none of ours take pids and give them back.
    private mutating func disturb() {
        for _ in 0..<(1 + dice.below(3)) {
            var behaviour = Behaviour()
            behaviour.lifetime = .milliseconds(dice.pick([1, 1000, 30_000]))
            _ = kernel.spawn(nil, behaviour, at: now)
        }
    }
}
