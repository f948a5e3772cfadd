// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Maintail: Verb {
    static let name = "maintail"
    static let subject = Subject.nothing
    static let forms = [
        HelpForm("maintail", "Show the last 1600 bytes of swisord's own log."),
        HelpForm("maintail -N", "Show its last N bytes."),
        HelpForm("maintail -f", "Follow it; Ctrl-C leaves."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard arguments.count <= 1 else {
            session.misused(Self.self, "too many arguments")
            return
        }
        guard let word = arguments.first else {
            try session.tail(.daemon, .last(LogAmount.usual), of: "supervisord")
            return
        }
        guard let amount = LogAmount(word) else {
            session.misused(Self.self, "bad argument \(word)", withHelp: false)
            return
        }
        try session.tail(.daemon, amount, of: "supervisord")
    }
}
