// SPDX-License-Identifier: Apache-2.0

/// A request whose answer waits for processes.
struct ParkedRequest: Sendable {
    /// Waiters that have not been settled yet.
    var open: Int
    var outcomes: [CommandOutcome]
}

/// The wish of a parked request for one process.
struct Waiter: Hashable, Sendable {
    enum Goal: UInt8, Hashable, Sendable {
        case running
        case stopped
        /// Stopped first, then running.
        case restarted
        /// Executed, however it fares then: where nobody wants to wait for more.
        case launched
    }

    let ticket: Ticket
    var goal: Goal
    /// The runs that the process had had when it was asked for.
    var runs: Int
}

extension Fleet {
    /// What a client may ask of processes.
    package enum Command: Hashable, Sendable {
        case start, stop, restart
    }

    /// Carries out a command for all that the selectors name; `.answer` follows, sooner or later.
    ///
    /// - Parameters:
    ///   - command: What to do.
    ///   - selectors: Whom; a process named twice is taken once.
    ///   - wait: Whether the answer comes only when each process is where it should be. A start
    ///     that is not waited for is answered when the program has been executed, or cannot be.
    ///   - ticket: Comes back with the answer; must not be in use.
    ///   - now: The instant of the turn.
    package mutating func request(
        _ command: Command,
        _ selectors: [ProcessSelector],
        wait: Bool,
        ticket: Ticket,
        at now: Instant
    ) {
        let (chosen, missing) = resolve(selectors)
        let action: CommandOutcome.Action =
            command == .stop || command == .restart ? .stopped : .started
        var outcomes = missing.map { CommandOutcome($0.name, action, $0.failureWhenEmpty) }
        if command == .restart {
            outcomes += missing.map { CommandOutcome($0.name, .started, $0.failureWhenEmpty) }
        }
        // Parked before anything moves: an effect of the first process may settle it.
        parked[ticket] = ParkedRequest(open: 1, outcomes: outcomes)
        for id in chosen.map(\.id) {
            guard let member = members[id] else { continue }
            guard let goal = begin(command, member, ticket, wait: wait) else { continue }
            let isWaited = wait || goal == .launched
            if isWaited {
                parked[ticket]?.open += 1
                members[member.id]?.waiters.append(
                    Waiter(ticket: ticket, goal: goal, runs: member.history.runs)
                )
            }
            deliver(event(for: command), to: member.id, at: now)
            if !isWaited { recordAccepted(goal, member, ticket) }
        }
        settle(ticket, [])
    }

    /// Finds the members that selectors name, in starting order, and the selectors that name none.
    package func resolve(
        _ selectors: [ProcessSelector]
    ) -> (members: [FleetMember], missing: [ProcessSelector]) {
        var chosen: Set<MemberID> = []
        var missing: [ProcessSelector] = []
        for selector in selectors {
            if selector.isPlain {
                if let id = identifiers[selector.name] {
                    chosen.insert(id)
                } else {
                    missing.append(selector)
                }
                continue
            }
            let found = members.values.filter { selector.matches($0.name) }
            if found.isEmpty, !selector.selectsAll { missing.append(selector) }
            chosen.formUnion(found.map(\.id))
        }
        let ordered = chosen.compactMap { members[$0] }.sorted(by: FleetMember.startsBefore)
        return (ordered, missing)
    }

    /// Decides what a command can mean for a process now; nil when it is settled already.
    private mutating func begin(
        _ command: Command,
        _ member: FleetMember,
        _ ticket: Ticket,
        wait: Bool
    ) -> Waiter.Goal? {
        let state = member.machine.state
        switch command {
        case .start, .restart:
            if isShuttingDown || member.isLeaving {
                // It is still shown, but whoever has taken it out wants no more of it.
                let why: CommandOutcome.Failure = isShuttingDown ? .shuttingDown : .noSuchProcess
                note(CommandOutcome(member.name, .started, why), for: ticket)
                return nil
            }
        case .stop: break
        }
        switch (command, state) {
        case (.start, .starting), (.start, .running), (.start, .backoff):
            note(CommandOutcome(member.name, .started, .alreadyStarted), for: ticket)
            return nil
        case (.start, .stopping): return .running
        case (.start, _): return wait ? .running : .launched
        case (.stop, .stopped), (.stop, .exited), (.stop, .fatal), (.stop, .unknown):
            note(CommandOutcome(member.name, .stopped, .notRunning), for: ticket)
            return nil
        case (.stop, _): return .stopped
        case (.restart, .stopped), (.restart, .exited), (.restart, .fatal), (.restart, .unknown):
            note(CommandOutcome(member.name, .stopped, .notRunning), for: ticket)
            return .running
        case (.restart, .backoff):
            note(CommandOutcome(member.name, .stopped), for: ticket)
            return .running
        case (.restart, _): return .restarted
        }
    }

    private func event(for command: Command) -> ProcessMachine.Event {
        switch command {
        case .start: .start
        case .stop: .stop
        case .restart: .restart
        }
    }

    private mutating func recordAccepted(
        _ goal: Waiter.Goal,
        _ member: FleetMember,
        _ ticket: Ticket
    ) {
        switch goal {
        case .running, .launched: note(CommandOutcome(member.name, .started), for: ticket)
        case .stopped: note(CommandOutcome(member.name, .stopped), for: ticket)
        case .restarted:
            note(CommandOutcome(member.name, .stopped), for: ticket)
            note(CommandOutcome(member.name, .started), for: ticket)
        }
    }

    mutating func note(_ outcome: CommandOutcome, for ticket: Ticket) {
        parked[ticket]?.outcomes.append(outcome)
    }

    /// Closes one waiter of a request; the last one makes the answer.
    mutating func settle(_ ticket: Ticket, _ outcomes: [CommandOutcome]) {
        guard var request = parked[ticket] else { return }
        request.outcomes += outcomes
        request.open -= 1
        parked[ticket] = request.open > 0 ? request : nil
        if request.open == 0 { emit(.answer(ticket, request.outcomes)) }
    }

    /// Looks through those who wait for a process after its state has changed.
    mutating func settleWaiters(of id: MemberID, from: ProcessState, to: ProcessState) {
        guard let member = members[id], !member.waiters.isEmpty else { return }
        var remaining: [Waiter] = []
        for var waiter in member.waiters {
            if waiter.goal == .restarted, from == .stopping {
                note(CommandOutcome(member.name, .stopped), for: waiter.ticket)
                waiter.goal = .running
            }
            if let outcome = outcome(of: waiter.goal, member, from: from, to: to) {
                settle(waiter.ticket, [outcome])
            } else {
                remaining.append(waiter)
            }
        }
        members[id]?.waiters = remaining
    }

    /// What a change means to a waiter; nil while it has to go on waiting.
    func outcome(
        of goal: Waiter.Goal,
        _ member: FleetMember,
        from: ProcessState,
        to: ProcessState
    ) -> CommandOutcome? {
        switch (goal, to) {
        case (.running, .starting), (.restarted, _): nil
        case (.launched, .starting) where !member.machine.isExecuted: nil
        case (.running, .running), (.launched, .starting), (.launched, .running):
            CommandOutcome(member.name, .started)
        case (.running, .backoff), (.running, .fatal), (.launched, .backoff), (.launched, .fatal):
            CommandOutcome(
                member.name,
                .started,
                .spawnError(member.history.lastExit ?? .unknown)
            )
        case (.running, .stopping), (.running, .stopped), (.running, .exited),
            (.running, .unknown), (.launched, .stopping), (.launched, .stopped),
            (.launched, .exited), (.launched, .unknown):
            CommandOutcome(
                member.name,
                .started,
                .abnormalTermination("it was stopped before it was running")
            )
        case (.stopped, .stopping): nil
        case (.stopped, .stopped), (.stopped, .exited), (.stopped, .fatal), (.stopped, .unknown),
            (.stopped, .starting), (.stopped, .running), (.stopped, .backoff):
            CommandOutcome(member.name, .stopped)
        }
    }
}
