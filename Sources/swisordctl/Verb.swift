// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// One thing that swisordctl can be told to do.
///
/// `VerbTable` is the only list of them.
protocol Verb: SendableMetatype {
    static var name: String { get }
    /// Each way to write it, with what that does.
    static var forms: [HelpForm] { get }
    /// What is completed behind the verb.
    static var subject: Subject { get }
    static func run(_ arguments: [String], in session: inout Session) throws(Interruption)
    /// How a refusal of the whole request looks; supervisorctl has phrases of its own in places.
    static func refusal(for error: APIError) -> Refusal
    /// The exit status after any interruption, where it is not that of the interruption.
    static var interruptedStatus: ExitStatus? { get }
}

/// What is said of a refused request, and the exit status.
struct Refusal: Hashable {
    let line: String
    var status = ExitStatus.failure
}

extension Verb {
    static func refusal(for error: APIError) -> Refusal {
        Refusal(line: "error: \(error.message)")
    }

    static var interruptedStatus: ExitStatus? { nil }

    /// Shows how it is written, in two columns.
    static func describe(on terminal: Terminal) {
        let width = forms.map(\.form.count).reduce(0, max) + 2
        for form in forms {
            let gap = String(repeating: " ", count: width - form.form.count)
            terminal.line(form.form + gap + form.meaning)
        }
    }
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
