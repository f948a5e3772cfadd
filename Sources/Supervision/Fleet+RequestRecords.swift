// SPDX-License-Identifier: Apache-2.0

/// Writing down what requests wait for, and going on with them after the manager has died.
extension Fleet {
    /// Whether a request waits for its answer.
    package func isWaiting(_ ticket: Ticket) -> Bool { parked[ticket] != nil }

    /// How far a request has come; nil once it is answered.
    ///
    /// Written before the effects of the event that changed it are run: then what was not told to
    /// a process before a crash is known by its runs, and told again.
    package func progress(of ticket: Ticket) -> RequestRecord.Progress? {
        guard let request = parked[ticket] else { return nil }
        var waits: [(id: MemberID, wait: RequestRecord.Wait)] = []
        for member in members.values {
            for waiter in member.waiters where waiter.ticket == ticket {
                let wait = RequestRecord.Wait(
                    name: member.name,
                    goal: waiter.goal,
                    runs: waiter.runs
                )
                waits.append((member.id, wait))
            }
        }
        waits.sort { $0.id.rawValue < $1.id.rawValue }
        return .waiting(waits.map(\.wait), request.outcomes)
    }

    /// Goes on with a request, once all members are back; `.answer` follows, sooner or later.
    ///
    /// - Parameters:
    ///   - waits: What it waited for when that was written.
    ///   - outcomes: What was known of it then.
    ///   - ticket: Comes back with the answer; must not be in use.
    ///   - now: The instant of the turn.
    package mutating func resume(
        _ waits: [RequestRecord.Wait],
        _ outcomes: [CommandOutcome],
        ticket: Ticket,
        at now: Instant
    ) {
        parked[ticket] = ParkedRequest(open: 1, outcomes: outcomes)
        for wait in waits {
            guard let id = identifiers[wait.name], let member = members[id] else {
                note(Self.outcome(ofMissing: wait), for: ticket)
                continue
            }
            resume(wait, member, ticket, at: now)
        }
        settle(ticket, [])
    }

    private mutating func resume(
        _ wait: RequestRecord.Wait,
        _ member: FleetMember,
        _ ticket: Ticket,
        at now: Instant
    ) {
        let state = member.machine.state
        let event = owed(wait, member)
        var goal = wait.goal
        if event == nil, goal == .restarted, state != .stopping {
            // Its stop was over, and that was not written any more.
            note(CommandOutcome(member.name, .stopped), for: ticket)
            goal = .running
        }
        // What is stopping will come to rest or run again, and be judged then.
        if event == nil, state != .stopping,
            let outcome = outcome(of: goal, member, from: state, to: state)
        {
            note(outcome, for: ticket)
            return
        }
        parked[ticket]?.open += 1
        members[member.id]?.waiters.append(Waiter(ticket: ticket, goal: goal, runs: wait.runs))
        if let event { deliver(event, to: member.id, at: now) }
    }

    /// What a process has yet to be told of; nil when it is known to have been told.
    private func owed(
        _ wait: RequestRecord.Wait,
        _ member: FleetMember
    ) -> ProcessMachine.Event? {
        guard member.history.runs == wait.runs, !member.isLeaving, !isShuttingDown else {
            return nil
        }
        return switch (wait.goal, member.machine.state) {
        case (.running, .stopped), (.running, .exited), (.running, .fatal), (.launched, .stopped),
            (.launched, .exited), (.launched, .fatal):
            .start
        case (.stopped, .starting), (.stopped, .running), (.stopped, .backoff): .stop
        case (.restarted, .starting), (.restarted, .running):
            member.machine.liveRun == nil ? nil : .restart
        case (.running, _), (.launched, _), (.stopped, _), (.restarted, _): nil
        }
    }

    private static func outcome(ofMissing wait: RequestRecord.Wait) -> CommandOutcome {
        switch wait.goal {
        case .stopped: CommandOutcome(wait.name, .stopped)
        case .running, .launched, .restarted: CommandOutcome(wait.name, .started, .noSuchProcess)
        }
    }
}
