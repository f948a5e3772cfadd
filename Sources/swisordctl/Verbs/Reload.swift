// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Reload: Verb {
    static let name = "reload"
    static let subject = Subject.nothing
    static let forms = [
        HelpForm("reload", "Check the configuration, then apply what differs, or nothing at all."),
        HelpForm("", "What has not changed in the file runs on; swisord itself is not restarted."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !session.refuses(arguments, of: Self.self),
            session.confirm?("Really reload the configuration and restart what changed y/N? ")
                ?? true
        else { return }
        let current = session
        let response = try session.terminal.waiting(for: "reload") {
            () throws(Interruption) in try current.send(.reload)
        }
        if !session.json {
            session.say("Reloaded \(try session.daemon().configurationFile)")
        }
        if case .plan(let plan) = response { session.tellChanges(of: plan) }
        session.show(response)
    }

    static func refusal(for error: APIError) -> Refusal {
        switch error.code {
        case .shuttingDown: Refusal(line: "ERROR: already shutting down")
        case .invalidConfiguration: Refusal(line: error.message)
        default: Refusal(line: "error: \(error.message)")
        }
    }
}
