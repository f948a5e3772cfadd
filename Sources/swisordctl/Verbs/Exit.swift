// SPDX-License-Identifier: Apache-2.0

enum Exit: Verb {
    static let name = "exit"
    static let subject = Subject.nothing
    static let forms = [HelpForm("exit", "Leave the shell; so do quit and Ctrl-D.")]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        session.isOver = true
    }
}

/// `exit` by its other name.
enum Quit: Verb {
    static let name = "quit"
    static let subject = Subject.nothing
    static let forms = [HelpForm("quit", "Leave the shell; so do exit and Ctrl-D.")]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        session.isOver = true
    }
}
