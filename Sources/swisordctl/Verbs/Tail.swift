// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Tail: Verb {
    static let name = "tail"
    static let subject = Subject.processes
    static let forms = [
        HelpForm("tail <name> [stdout|stderr]", "Show the last 1600 bytes of a log."),
        HelpForm("tail -N <name> [stdout|stderr]", "Show its last N bytes."),
        HelpForm("tail -f <name> [stdout|stderr]", "Follow it, over rotations; Ctrl-C leaves."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard (1...3).contains(arguments.count) else {
            session.misused(
                Self.self,
                "too \(arguments.isEmpty ? "few" : "many") arguments"
            )
            return
        }
        var names = arguments[...]
        var amount = LogAmount.last(LogAmount.usual)
        if let first = names.first, first.hasPrefix("-") {
            guard let given = LogAmount(first) else {
                session.misused(Self.self, "bad argument \(first)", withHelp: false)
                return
            }
            amount = given
            names = names.dropFirst()
        }
        guard let name = names.first else {
            session.misused(Self.self, "tail requires process name", withHelp: false)
            return
        }
        let word = names.dropFirst().last?.lowercased() ?? "stdout"
        guard let channel = LogSource.Channel(rawValue: word) else {
            session.misused(Self.self, "bad channel '\(word)'", withHelp: false)
            return
        }
        try session.tail(.program(name: name, channel: channel), amount, of: name)
    }
}
