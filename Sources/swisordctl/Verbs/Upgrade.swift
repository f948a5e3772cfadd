// SPDX-License-Identifier: Apache-2.0

import ControlAPI
private import Glibc

enum Upgrade: Verb {
    static let name = "upgrade"
    static let subject = Subject.nothing
    static let forms = [
        HelpForm("upgrade", "Go over to the swisord that is installed now; programs run on."),
        HelpForm("upgrade <path>", "Go over to the swisord at this path."),
        HelpForm("", "If the new one does not come up, the old one goes on."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard arguments.count <= 1 else {
            session.misused(Self.self, "too many arguments")
            return
        }
        let request = Request.upgrade(path: arguments.first.map(absolute))
        let current = session
        let response = try session.terminal.waiting(for: "upgrade") {
            () throws(Interruption) in try current.send(request)
        }
        guard case .daemon(let info) = response, let upgrade = info.lastUpgrade else {
            throw .unexpected
        }
        guard let error = upgrade.error else {
            session.say(
                "upgraded from \(upgrade.from) to \(upgrade.to), \(upgrade.programs) programs kept"
            )
            session.show(response)
            return
        }
        session.exitStatus = .failure
        session.say("ERROR: rolled back to \(upgrade.to): \(error)")
        session.advise("\(upgrade.programs) programs were kept")
        session.show(response)
    }

    /// The daemon has a directory of its own: a path starts where the command was typed.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }
}
