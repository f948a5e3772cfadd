// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Update: Verb {
    static let name = "update"
    static let subject = Subject.groups
    static let forms = [
        HelpForm("update", "Read the configuration and apply what differs, or nothing at all."),
        HelpForm("update <group>...", "Apply what differs in these groups."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        var groups = arguments.contains("all") ? [] : arguments
        if !groups.isEmpty {
            groups = try known(groups, in: &session)
            guard !groups.isEmpty else { return }
        }
        let request = Request.apply(groups: groups)
        let current = session
        let response = try session.terminal.waiting(for: "update") {
            () throws(Interruption) in try current.send(request)
        }
        guard case .plan(let plan) = response else { throw .unexpected }
        session.tellChanges(of: plan)
        session.show(response)
    }

    /// The groups that exist, now or in the file; the others are complained of.
    private static func known(
        _ groups: [String],
        in session: inout Session
    ) throws(Interruption) -> [String] {
        let response = try session.send(.plan)
        guard case .plan(let plan) = response else { throw .unexpected }
        let existing = Set(plan.available.map(\.group) + plan.added + plan.changed + plan.removed)
        let unknown = groups.filter { !existing.contains($0) }
        for group in unknown {
            session.say("ERROR: no such group: \(group)")
            session.exitStatus = .failure
        }
        let known = groups.filter(existing.contains)
        if known.isEmpty {
            let names = unknown.joined(separator: ", ")
            session.show(ErrorDocument(APIError(.noSuchGroup, "no such group: \(names)")))
        }
        return known
    }

    static func refusal(for error: APIError) -> Refusal {
        switch error.code {
        case .shuttingDown: Refusal(line: "ERROR: already shutting down")
        case .invalidConfiguration: Refusal(line: "ERROR: CANT_REREAD: \(error.message)")
        default: Refusal(line: "error: \(error.message)")
        }
    }
}
