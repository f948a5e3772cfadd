// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Open: Verb {
    static let name = "open"
    static let subject = Subject.nothing
    static let forms = [
        HelpForm(
            "open <url>",
            "Go over to another daemon, unix:///PATH or http://HOST:PORT; show its status."
        )
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        let url = arguments.joined(separator: " ")
        guard url.hasPrefix("unix:") || url.hasPrefix("http:") else {
            session.fail(
                "ERROR: url must be http:// or unix://",
                APIError(.badRequest, "'\(url)' is no address of a daemon")
            )
            return
        }
        session.connection = session.connect(url)
        // As in supervisorctl, what status finds does not count here.
        let before = session.exitStatus
        defer { session.exitStatus = before }
        try Status.run([], in: &session)
    }
}
