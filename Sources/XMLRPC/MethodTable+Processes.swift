// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Starting, stopping and clearing.
extension MethodTable {
    static let processes: [Method] = [
        Method(
            "supervisor.startProcess",
            "boolean",
            "Starts a process; for group:* all of a group, with an array of results.",
            [.name, .wait]
        ) { arguments throws(Fault) in try starting.plan(arguments.text(0), arguments.flag(1)) },
        Method(
            "supervisor.startProcessGroup",
            "array",
            "Starts what does not run in a group.",
            [.group, .wait]
        ) { arguments throws(Fault) in
            try starting.planGroup(arguments.text(0), arguments.flag(1))
        },
        Method(
            "supervisor.startAllProcesses",
            "array",
            "Starts whatever does not run.",
            [.wait]
        ) { starting.planAll($0.flag(0)) },
        Method(
            "supervisor.stopProcess",
            "boolean",
            "Stops a process; for group:* all of a group, with an array of results.",
            [.name, .wait]
        ) { arguments throws(Fault) in try stopping.plan(arguments.text(0), arguments.flag(1)) },
        Method(
            "supervisor.stopProcessGroup",
            "array",
            "Stops what runs in a group.",
            [.group, .wait]
        ) { arguments throws(Fault) in
            try stopping.planGroup(arguments.text(0), arguments.flag(1))
        },
        Method("supervisor.stopAllProcesses", "array", "Stops whatever runs.", [.wait]) {
            stopping.planAll($0.flag(0))
        },
        Method(
            "supervisor.sendProcessStdin",
            "boolean",
            "Writes to the standard input of a process.",
            [.name, Parameter("chars", .bytes, "The text, which goes as UTF-8.")]
        ) { arguments throws(Fault) in
            let reference = try ProcessReference(arguments.text(0))
            let name = try reference.process()
            return .ask(.sendInput(name: name, bytes: arguments.bytes(1))) {
                response throws(Fault) in
                try CommandAnswer(response, about: reference.text).single()
            }
        },
        Method(
            "supervisor.clearProcessLogs",
            aliases: ["clearProcessLog"],
            "boolean",
            "Empties the logs of a process.",
            [.name]
        ) { arguments throws(Fault) in
            let process = try ProcessReference(arguments.text(0))
            return .ask(.clear(Selection([try process.process()]))) { response throws(Fault) in
                try CommandAnswer(response, about: process.text).single()
            }
        },
        Method(
            "supervisor.clearAllProcessLogs",
            "array",
            "Empties the logs of all processes."
        ) { _ in
            .ask(.clear(.all)) { response throws(Fault) in
                .value(try CommandAnswer(response, about: nil).list())
            }
        },
    ]

    /// supervisord leaves those out of a group's results that need nothing done.
    private static let starting = Verb(leavesOut: .alreadyStarted, Request.start)
    private static let stopping = Verb(leavesOut: .notRunning, Request.stop)
}

/// A command on a process, a group or all.
private struct Verb: Sendable {
    let leavesOut: APIError.Code
    let request: @Sendable (Selection, Bool) -> Request

    init(
        leavesOut code: APIError.Code,
        _ request: @escaping @Sendable (Selection, Bool) -> Request
    ) {
        leavesOut = code
        self.request = request
    }

    func plan(_ name: String, _ wait: Bool) throws(Fault) -> Plan {
        let reference = try ProcessReference(name)
        guard case .process = reference.target else { return planGroup(reference, wait) }
        return .ask(request(reference.selection, wait)) { response throws(Fault) in
            try CommandAnswer(response, about: reference.text).single()
        }
    }

    func planGroup(_ name: String, _ wait: Bool) throws(Fault) -> Plan {
        planGroup(try ProcessReference(group: name), wait)
    }

    private func planGroup(_ reference: ProcessReference, _ wait: Bool) -> Plan {
        .ask(request(reference.selection, wait)) { response throws(Fault) in
            .value(try CommandAnswer(response, about: reference.text).list(leavingOut: leavesOut))
        }
    }

    func planAll(_ wait: Bool) -> Plan {
        .ask(request(.all, wait)) { response throws(Fault) in
            .value(try CommandAnswer(response, about: nil).list(leavingOut: leavesOut))
        }
    }
}
