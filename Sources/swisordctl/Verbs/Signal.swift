// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Signal: Verb {
    static let name = "signal"
    static let subject = Subject.processes
    static let forms = [
        HelpForm("signal <signal> <name>...", "Send a signal such as HUP, SIGUSR1 or 15."),
        HelpForm("signal <signal> <group>:*", "Signal all processes of a group."),
        HelpForm("signal <signal> all", "Signal all processes."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard arguments.count >= 2 else {
            session.misused(Self.self, "signal requires a signal name and a process name")
            return
        }
        let names = Array(arguments.dropFirst())
        do throws(Interruption) {
            try session.perform(
                .signal(.naming(names), name: arguments[0]),
                on: names,
                "signalling"
            )
        } catch {
            guard case .refused(let refusal) = error, refusal.code == .badSignal else {
                throw error
            }
            // The daemon refuses a signal once; supervisorctl complains for each name.
            for name in names { session.say("\(name): ERROR (bad signal name)") }
            session.exitStatus = .failure
            session.show(ErrorDocument(refusal))
        }
    }
}
