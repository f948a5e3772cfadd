// SPDX-License-Identifier: Apache-2.0

import ControlAPI
private import Glibc

/// The shell: verbs one a line, until `exit` or the end of input.
struct Shell {
    static let prompt = "swisord> "

    let lines: any LineSource

    /// Runs the shell on the standard streams.
    ///
    /// - Parameters:
    ///   - session: What was asked before, and with which daemon.
    ///   - greeting: Whether it begins with the status.
    ///   - history: The file for what is typed; nil for the usual one.
    static func run(_ session: inout Session, greeting: Bool, history: String?) {
        let place = Place(session.connection)
        let lines = standardLines(history) { candidates(for: $0, on: place.connection) }
        let shell = Shell(lines: lines)
        session.following = .elsewhere {
            Following.inAnotherProcess(["-s", place.connection.endpoint.url] + $0)
        }
        let connect = session.connect
        session.connect = { url in
            place.connection = connect(url)
            return place.connection
        }
        shell.run(&session, greeting: greeting)
    }

    /// The daemon that the shell talks to; `open` goes over to another.
    private final class Place {
        var connection: any DaemonConnection

        init(_ connection: any DaemonConnection) {
            self.connection = connection
        }
    }

    func run(_ session: inout Session, greeting: Bool) {
        let lines = lines
        let terminal = session.terminal
        session.confirm = { question in
            terminal.flush()
            guard let answer = lines.next(prompt: question) else { return false }
            return answer.lowercased().hasPrefix("y")
        }
        if greeting { session.run([Status.name]) }
        while !session.isOver, let line = lines.next(prompt: Self.prompt) {
            let (words, found) = Words(line).removing(["--json"])
            guard !words.isEmpty else { continue }
            lines.remember(Words(line).all.joined(separator: " "))
            let usual = session.json
            session.json = usual || found.contains("--json")
            session.run(words)
            session.json = usual
        }
    }

    private static func standardLines(
        _ history: String?,
        complete: @escaping (String) -> Completion
    ) -> any LineSource {
        guard isatty(0) == 1, isatty(1) == 1 else { return PlainLines(descriptor: 0) }
        let path =
            history
            ?? HistoryFile.path(stateHome: variable("XDG_STATE_HOME"), home: variable("HOME"))
        let file = path.flatMap { HistoryFile.prepare($0) ? $0 : nil }
        return LineEditor(historyFile: file, complete: complete) ?? PlainLines(descriptor: 0)
    }

    private static func candidates(
        for line: String,
        on connection: any DaemonConnection
    ) -> Completion {
        Completion(of: line) {
            guard case .programs(let list) = try? connection.send(.programs(.all)) else {
                return []
            }
            return list.programs.map { ($0.group, $0.name) }
        }
    }
}
