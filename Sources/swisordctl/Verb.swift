// SPDX-License-Identifier: Apache-2.0

/// One thing that swisordctl can be told to do.
///
/// The table below is the only list of them: the command line, the shell, completion and `help`
/// all read it.
protocol Verb: SendableMetatype {
    static var name: String { get }
    /// Each way to write it, with what that does.
    static var forms: [HelpForm] { get }
    /// What is completed behind the verb.
    static var subject: Subject { get }
    static func run(_ arguments: [String], in session: inout Session) throws(Interruption)
}

/// A line of help.
struct HelpForm: Hashable, Sendable {
    let form: String
    let meaning: String

    init(_ form: String, _ meaning: String) {
        self.form = form
        self.meaning = meaning
    }
}

/// What the arguments of a verb name.
enum Subject: Sendable {
    case nothing, processes, groups, verbs
}

enum VerbTable {
    static let all: [any Verb.Type] = [
        Avail.self, Clear.self, Exit.self, Help.self, Maintail.self, Pid.self, Quit.self,
        Reload.self, Reread.self, Restart.self, Shutdown.self, Signal.self, Start.self,
        Status.self, Stop.self, Tail.self, Update.self, Version.self,
    ]

    static func verb(named name: String) -> (any Verb.Type)? {
        all.first { $0.name == name }
    }

    /// What to do instead of something that supervisorctl has and this does not.
    static func replacement(for name: String) -> String? {
        switch name {
        case "add": "swisordctl has no 'add': 'update NAME' adds what is new in the file"
        case "remove": "swisordctl has no 'remove': 'update NAME' removes what left the file"
        case "fg": "swisordctl has no 'fg': 'tail -f NAME' shows the output"
        case "open": "swisordctl has no 'open': start it with '-s unix:///PATH'"
        default: nil
        }
    }
}
