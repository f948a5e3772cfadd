// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI

/// All verbs: the command line, the shell, completion and `help` read this list and no other.
enum VerbTable {
    static let all: [any Verb.Type] = [
        Add.self, Avail.self, Clear.self, Exit.self, Fg.self, Help.self, ImportFile.self,
        Maintail.self, Open.self, Pid.self, Quit.self, Reload.self, Remove.self, Reread.self,
        Restart.self, Shutdown.self, Signal.self, Start.self, Status.self, Stop.self, Tail.self,
        Update.self, Upgrade.self, Version.self,
    ]

    static func verb(named name: String) -> (any Verb.Type)? {
        all.first { $0.name == name }
    }
}

extension Session {
    /// Runs one command; nothing for a blank one.
    mutating func run(_ words: [String]) {
        guard let name = words.first else { return }
        let arguments = Array(words.dropFirst())
        defer { terminal.flush() }
        guard let verb = VerbTable.verb(named: name) else {
            unknown(words)
            return
        }
        do throws(Interruption) {
            if arguments.contains(where: { $0 == "-h" || $0 == "--help" }) {
                try Help.run([name], in: &self)
            } else {
                try verb.run(arguments, in: &self)
            }
        } catch {
            report(error, by: verb)
        }
    }

    private mutating func unknown(_ words: [String]) {
        let verb = nearest(to: words[0], in: VerbTable.all.map { $0.name })
        fail(
            "*** Unknown syntax: \(words.joined(separator: " "))",
            APIError(
                .badRequest,
                "unknown verb '\(words[0])'",
                hint: verb.map { "did you mean '\($0)'?" } ?? "'help' lists the verbs"
            )
        )
    }
}
