// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Stop: Verb {
    static let name = "stop"
    static let subject = Subject.processes
    static let forms = [
        HelpForm("stop <name>...", "Stop processes; answers when they have stopped."),
        HelpForm("stop <group>:*", "Stop all processes of a group."),
        HelpForm("stop all", "Stop all processes."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !arguments.isEmpty else {
            session.misused(Self.self, "stop requires a process name")
            return
        }
        try session.perform(
            .stop(.naming(arguments), wait: true),
            on: arguments,
            "stopping"
        )
    }
}
