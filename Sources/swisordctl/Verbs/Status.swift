// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Status: Verb {
    static let name = "status"
    static let subject = Subject.processes
    static let forms = [
        HelpForm("status", "Show all processes: name, state, and why they are in it."),
        HelpForm("status <name>...", "Show these processes."),
        HelpForm("status <group>:*", "Show the processes of a group."),
        HelpForm("status --tree [<name>...]", "Show what lives under them: pid, CPU time, memory."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        let withTrees = arguments.contains("--tree")
        let names = arguments.filter { $0 != "--tree" }
        let list = try session.programs(names, withTrees: withTrees)
        for missing in list.missing {
            session.say(Outcome(missing).line)
            session.exitStatus = .statusUnknown
        }
        let rows = list.programs.map {
            Row($0, isEscaped: session.terminal.traits.outputIsTerminal)
        }
        let width = rows.lazy.map(\.width).reduce(30, max) + 3
        for (row, program) in zip(rows, list.programs) {
            session.say(Span(row.name(padded: width)), row.state, Span(row.description))
            for line in ProcessLines(of: program).lines { session.say(line) }
        }
        // On standard error: scripts take each line for a process.
        for alarm in list.alarms ?? [] { session.advise("alarm: \(alarm)") }
        if !session.json { session.adviseOfConfiguration() }
        if list.programs.contains(where: \.isDown) { session.exitStatus = .statusNotRunning }
        session.show(.programs(list))
    }

    static var interruptedStatus: ExitStatus? { .statusUnknown }
}

extension Session {
    /// Tells whether what the daemon goes by is what somebody wants it to go by.
    fileprivate func adviseOfConfiguration() {
        // Whatever comes in between, the table stands.
        guard let daemon = try? daemon() else { return }
        if let reason = daemon.reloadError { adviseOfRefusal(reason, daemon.logfile.path) }
        if let files = daemon.changedFiles, !files.isEmpty { adviseOfChanges(files) }
    }

    /// Tells that the last reload has changed nothing, and where to see why.
    private func adviseOfRefusal(_ reason: String, _ log: String?) {
        let lines = reason.split(separator: "\n")
        let line = lines.first { $0.contains(": error: ") } ?? lines.first ?? ""
        advise("the last reload was refused, and nothing was changed: \(line)")
        let place = log.map { " (\($0))" } ?? ""
        advise(
            "all that was wrong is in the activity log\(place); "
                + "'swisordctl reread' looks at the file as it is now"
        )
    }

    /// Tells which files say something else by now than what the daemon goes by.
    private func adviseOfChanges(_ files: [String]) {
        let shown = files.prefix(3)
        for file in shown { advise("changed since the configuration was loaded: \(file)") }
        if files.count > shown.count { advise("and \(files.count - shown.count) more files") }
        advise("'swisordctl update --plan' shows what an update would do")
    }
}

/// One line of the table.
private struct Row {
    let width: Int
    let state: Span
    let description: String
    private let name: String

    init(_ program: ProcessInfo, isEscaped: Bool) {
        name = isEscaped ? Escaping.name(program.namespec) : program.namespec
        width = name.unicodeScalars.count
        state = Span(program.state.padded(to: 10), program.style)
        description = program.reason + program.loss + program.remains
    }

    func name(padded width: Int) -> String {
        name + String(repeating: " ", count: width - self.width)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - unicodeScalars.count))
    }
}

extension ProcessInfo {
    fileprivate var isDown: Bool {
        ["STOPPED", "EXITED", "FATAL", "UNKNOWN"].contains(state)
    }

    fileprivate var style: Style? {
        switch state {
        case "RUNNING": .good
        case "STARTING", "BACKOFF", "STOPPING": .passing
        case "STOPPED": .dim
        case "EXITED" where exit?.code == 0: .dim
        case "EXITED", "FATAL", "UNKNOWN": .bad
        default: nil
        }
    }

    /// Why it is as it is; without a why, what supervisorctl shows.
    fileprivate var reason: String {
        guard let why, !why.isEmpty else { return description }
        return why
    }

    /// What ended runs have left behind.
    fileprivate var remains: String {
        switch leftovers {
        case nil, 0: ""
        case 1: "; 1 process left over"
        case let count?: "; \(count) processes left over"
        }
    }

    /// What has become of output that should be in the logs.
    ///
    /// It stays on the line of its process: scripts take each line for a process.
    fileprivate var loss: String {
        let lost = stdout.lostBytes + stderr.lostBytes
        var troubles: [String] = []
        for case let trouble? in [stdout.trouble, stderr.trouble] where !troubles.contains(trouble)
        {
            troubles.append(trouble)
        }
        let cause = troubles.joined(separator: ", ")
        return switch (lost, cause.isEmpty) {
        case (0, true): ""
        case (0, false): "; log: \(cause)"
        case (1, true): "; 1 byte of output lost"
        case (_, true): "; \(lost) bytes of output lost"
        case (1, false): "; 1 byte of output lost: \(cause)"
        case (_, false): "; \(lost) bytes of output lost: \(cause)"
        }
    }
}
