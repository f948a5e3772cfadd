// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Reread: Verb {
    static let name = "reread"
    static let subject = Subject.nothing
    static let forms = [
        HelpForm("reread", "Read the configuration and show what update would change.")
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !session.refuses(arguments, of: Self.self) else { return }
        let response = try session.send(.plan)
        guard case .plan(let plan) = response else { throw .unexpected }
        let changes =
            plan.added.map { ($0, "available") } + plan.changed.map { ($0, "changed") }
            + plan.removed.map { ($0, "disappeared") }
        for (group, change) in changes.sorted(by: { $0.0 < $1.0 }) {
            session.say("\(group): \(change)")
        }
        if changes.isEmpty { session.say("No config updates to processes") }
        session.adviseOn(plan)
        session.show(response)
    }

    static func refusal(for error: APIError) -> Refusal {
        switch error.code {
        case .shuttingDown: Refusal(line: "ERROR: supervisor shutting down")
        case .invalidConfiguration: Refusal(line: "ERROR: CANT_REREAD: \(error.message)")
        default: Refusal(line: "error: \(error.message)")
        }
    }
}
