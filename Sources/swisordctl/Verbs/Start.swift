// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Start: Verb {
    static let name = "start"
    static let subject = Subject.processes
    static let forms = [
        HelpForm("start <name>...", "Start processes; answers when they run or have failed to."),
        HelpForm("start <group>:*", "Start all processes of a group."),
        HelpForm("start all", "Start all processes."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !arguments.isEmpty else {
            session.misused(Self.self, "start requires a process name", .invalidArguments)
            return
        }
        try session.perform(
            .start(.naming(arguments), wait: true),
            on: arguments,
            "starting"
        )
    }
}
