// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Pid: Verb {
    static let name = "pid"
    static let subject = Subject.processes
    static let forms = [
        HelpForm("pid", "Show the pid of swisord."),
        HelpForm("pid <name>...", "Show the pid of each process, 0 when it is down."),
        HelpForm("pid all", "Show the pids of all processes, one a line."),
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !arguments.isEmpty else {
            let daemon = try session.daemon()
            session.say("\(daemon.pid)")
            session.show(.daemon(daemon))
            return
        }
        let list = try session.programs(arguments)
        if arguments.contains("all") {
            for program in list.programs { session.say("\(program.pid)") }
        } else {
            tell(list, inOrderOf: arguments, in: &session)
        }
        session.show(.programs(list))
    }

    private static func tell(
        _ list: ProgramList,
        inOrderOf names: [String],
        in session: inout Session
    ) {
        let found = list.programs.map { (group: $0.group, name: $0.name, pid: Int?($0.pid)) }
        let missing = list.missing.map { (group: $0.group, name: $0.name, pid: Int?.none) }
        for entry in Pattern.sort(found + missing, by: names, key: { ($0.group, $0.name) }) {
            if let pid = entry.pid {
                session.say("\(pid)")
                if pid == 0 { session.exitStatus = .notRunning }
            } else {
                session.say("No such process \(namespec(group: entry.group, name: entry.name))")
                session.exitStatus = .failure
            }
        }
    }
}
