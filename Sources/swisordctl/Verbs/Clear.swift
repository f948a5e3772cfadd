// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Clear: Verb {
    static let name = "clear"
    static let subject = Subject.processes
    static let forms = [
        HelpForm("clear <name>...", "Empty the logs of processes."),
        HelpForm("clear all", "Empty the logs of all processes."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !arguments.isEmpty else {
            session.misused(Self.self, "clear requires a process name")
            return
        }
        try session.perform(.clear(.naming(arguments)), on: arguments, "clearing")
    }
}
