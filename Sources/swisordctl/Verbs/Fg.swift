// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Fg: Verb {
    static let name = "fg"
    static let subject = Subject.processes
    static let forms = [
        HelpForm(
            "fg <name>",
            "Follow both outputs of a process and send what is typed to it; Ctrl-C leaves."
        )
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard let name = arguments.first else {
            session.refuse("no process name supplied")
            if !session.json { describe(on: session.terminal) }
            return
        }
        guard arguments.count == 1 else {
            session.refuse("too many process names supplied")
            return
        }
        let list = try session.programs([name])
        guard let program = list.programs.first, list.programs.count == 1, list.missing.isEmpty
        else {
            session.refuse("bad process name supplied")
            return
        }
        guard program.state == "RUNNING" else {
            session.refuse("process not running")
            return
        }
        switch session.following {
        case .here(let prepare): prepare(.foreground)
        case .elsewhere(let start):
            session.terminal.flush()
            start([Self.name, name] + (session.json ? ["--json"] : []))
            return
        }
        try session.bringForward(name)
    }
}

extension Session {
    fileprivate mutating func refuse(_ reason: String) {
        fail("ERROR: \(reason)", APIError(.badRequest, reason))
    }

    /// Shows what the process writes and sends it what is typed, line by line.
    fileprivate mutating func bringForward(_ name: String) throws(Interruption) {
        say("==> Press Ctrl-C to exit <==")
        terminal.flush()
        for channel in LogSource.Channel.allCases {
            follow(beside: .program(name: name, channel: channel))
        }
        while let line = input() {
            let bytes = line + [UInt8(ascii: "\n")]
            guard case .command(let report) = try send(.sendInput(name: name, bytes: bytes)) else {
                throw .unexpected
            }
            if let error = report.results.first?.error {
                // As in supervisorctl, the exit status stays as it is.
                say(error.code == .notRunning ? "Process got killed" : "ERROR: \(error.message)")
                if let hint = error.hint { advise(hint) }
                break
            }
            guard try programs([name]).programs.first?.state == "RUNNING" else {
                say("Process got killed")
                break
            }
        }
        say("Exiting foreground")
    }

    /// Shows one output on a thread of its own, as long as this process lives.
    private func follow(beside source: LogSource) {
        let (outputs, json) = (terminal.outputs, json)
        connection.streamBeside(
            .log(source, bytes: LogAmount.beforeFollowing, follow: true)
        ) {
            var text = LogText(
                source,
                terminal: Terminal(outputs),
                json: json,
                isFollowing: true
            )
            return { event in
                switch event {
                case .position, .opened: break
                case .resumed: text.interrupted()
                case .bytes(let bytes): text.add(bytes)
                case .lost(let count): text.lost(count)
                // An output without a log has nothing to show.
                case .failed, .ended: return false
                }
                return true
            }
        }
    }
}
