// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Update: Verb {
    static let name = "update"
    static let subject = Subject.groups
    static let forms = [
        HelpForm("update", "Read the configuration and apply what differs, or nothing at all."),
        HelpForm("update <group>...", "Apply what differs in these groups."),
        HelpForm("update --plan [<group>...]", "Show what that would do to each process, and why."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        let names = arguments.filter { $0 != "--plan" }
        var groups = names.contains("all") ? [] : names
        guard names.count == arguments.count else {
            try showPlan(of: groups, in: &session)
            return
        }
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

    /// Tells what would happen to each process of the groups, or of all; changes nothing.
    private static func showPlan(
        of groups: [String],
        in session: inout Session
    ) throws(Interruption) {
        let response = try session.send(.plan)
        guard case .plan(var plan) = response else { throw .unexpected }
        let existing = Set(plan.available.map(\.group) + plan.steps.map(\.group))
        for group in groups where !existing.contains(group) {
            session.say("ERROR: no such group: \(group)")
            session.exitStatus = .failure
        }
        if !groups.isEmpty { plan.steps.removeAll { !groups.contains($0.group) } }
        let steps = plan.steps.sorted { ($0.group, $0.name) < ($1.group, $1.name) }
        let width = steps.map { namespec(group: $0.group, name: $0.name).count }.reduce(30, max)
        for step in steps {
            let name = column(namespec(group: step.group, name: step.name), width + 3)
            session.say(name + column(step.action.rawValue, 10) + step.reason)
        }
        session.adviseOn(plan)
        session.show(.plan(plan))
    }

    private static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
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
