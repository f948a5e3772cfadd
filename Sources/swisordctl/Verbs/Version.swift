// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Version: Verb {
    static let name = "version"
    static let subject = Subject.nothing
    static let forms = [HelpForm("version", "Show the version of the swisord that runs.")]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !session.refuses(arguments, of: Self.self) else { return }
        let daemon = try session.daemon()
        session.say(daemon.version)
        session.show(.daemon(daemon))
    }
}
