// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Help: Verb {
    static let name = "help"
    static let subject = Subject.verbs
    static let forms = [
        HelpForm("help", "List the verbs."),
        HelpForm("help <verb>", "Show how a verb is written and what it does."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard let name = arguments.first else {
            list(in: session)
            return
        }
        guard let verb = VerbTable.verb(named: name) else {
            session.say("*** No help on \(name)")
            session.show(ErrorDocument(APIError(.notFound, "no help on '\(name)'")))
            return
        }
        if !session.json { verb.describe(on: session.terminal) }
        session.show(Entry(verb))
    }

    private static func list(in session: Session) {
        session.say("")
        session.say("Verbs (type help <verb>):")
        session.say("=========================")
        for start in stride(from: 0, to: VerbTable.all.count, by: 7) {
            let row = VerbTable.all[start..<min(start + 7, VerbTable.all.count)]
            let cells = row.map { $0.name + String(repeating: " ", count: 10 - $0.name.count) }
            session.say(String(cells.joined().reversed().drop { $0 == " " }.reversed()))
        }
        session.say("")
        session.show(["verbs": VerbTable.all.map(Entry.init)])
    }

    private struct Entry: Encodable {
        struct Form: Encodable {
            let form: String
            let meaning: String
        }

        let name: String
        let forms: [Form]

        init(_ verb: any Verb.Type) {
            name = verb.name
            forms = verb.forms.map { Form(form: $0.form, meaning: $0.meaning) }
        }
    }
}
