// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Restart: Verb {
    static let name = "restart"
    static let subject = Subject.processes
    static let forms = [
        HelpForm(
            "restart <name>...",
            "Stop processes and start them again; answers when they run."
        ),
        HelpForm("restart <group>:*", "Restart all processes of a group."),
        HelpForm("restart all", "Restart all processes."),
        HelpForm("", "The configuration is not read again: see reread and update."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !arguments.isEmpty else {
            session.misused(Self.self, "restart requires a process name")
            return
        }
        try session.perform(
            .restart(.naming(arguments), wait: true),
            on: arguments,
            "restarting",
            arrange: stopsBeforeStarts
        )
    }

    /// All that was stopped, then all that was started, as supervisorctl has it: there a restart
    /// is a whole stop and a whole start, so a wrong name is complained of in both.
    private static func stopsBeforeStarts(_ results: [CommandResult]) -> [CommandResult] {
        var stops: [CommandResult] = []
        var starts: [CommandResult] = []
        for result in results {
            guard result.isMissing else {
                if result.action == .stopped { stops.append(result) } else { starts.append(result) }
                continue
            }
            var copy = result
            copy.action = .stopped
            if !stops.contains(copy) { stops.append(copy) }
            copy.action = .started
            if !starts.contains(copy) { starts.append(copy) }
        }
        return stops + starts
    }
}

extension CommandResult {
    fileprivate var isMissing: Bool {
        error?.code == .noSuchProcess || error?.code == .noSuchGroup
    }
}
