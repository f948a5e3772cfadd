// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Supervision

/// Requests that the fleet or a log thread has yet to settle, and whom to tell.
struct PendingReplies {
    typealias Reply = @Sendable (Response) -> Void

    private var commands: [Ticket: Reply] = [:]
    private var lastTicket: UInt64 = 0

    mutating func park(_ reply: @escaping Reply) -> Ticket {
        lastTicket += 1
        let ticket = Ticket(rawValue: lastTicket)
        commands[ticket] = reply
        return ticket
    }

    mutating func settle(_ ticket: Ticket, _ outcomes: [CommandOutcome]) {
        settle(ticket, .command(CommandReport(results: outcomes.map(CommandResult.init))))
    }

    mutating func settle(_ ticket: Ticket, _ response: Response) {
        commands.removeValue(forKey: ticket)?(response)
    }
}
