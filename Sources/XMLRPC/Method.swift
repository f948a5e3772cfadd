// SPDX-License-Identifier: Apache-2.0

/// One line of the method table: a name, what it takes and gives, and what it comes to.
struct Method: Sendable {
    /// As in `supervisor.startProcess`.
    let name: String
    /// Names of earlier days, without the namespace.
    let aliases: [String]
    /// The type of the result, as it stands in a signature.
    let result: String
    let summary: String
    let parameters: [Parameter]
    let plan: @Sendable (Arguments) throws(Fault) -> Plan

    init(
        _ name: String,
        aliases: [String] = [],
        _ result: String,
        _ summary: String,
        _ parameters: [Parameter] = [],
        plan: @escaping @Sendable (Arguments) throws(Fault) -> Plan
    ) {
        self.name = name
        self.aliases = aliases
        self.result = result
        self.summary = summary
        self.parameters = parameters
        self.plan = plan
    }

    /// Every full name that it answers to.
    var names: [String] {
        let namespace = name.prefix { $0 != "." }
        return [name] + aliases.map { "\(namespace).\($0)" }
    }

    var signature: [String] { [result] + parameters.map(\.kind.word) }

    var help: String {
        var text = summary + "\n\n"
        for parameter in parameters {
            text += "@param \(parameter.kind.word) \(parameter.name)  \(parameter.summary)\n"
        }
        return text + "@return \(result)\n"
    }
}
