// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Signals; a name that is none is told of each process, when several are meant.
extension MethodTable {
    static let signals: [Method] = [
        Method(
            "supervisor.signalProcess",
            "boolean",
            "Sends a signal to a process; for group:* to all of a group, with an array of results.",
            [.name, .signal]
        ) { arguments throws(Fault) in
            let signal = arguments.text(1)
            let reference = try ProcessReference(arguments.text(0))
            guard case .process = reference.target else {
                return several(reference.selection, signal, reference.text)
            }
            let selection = reference.selection
            return .ask(.signal(selection, name: signal)) { response throws(Fault) in
                guard isBadSignal(response) else {
                    return try CommandAnswer(response, about: reference.text).single()
                }
                // That there is no such process would have been told first.
                return .ask(.programs(selection)) { response throws(Fault) in
                    _ = try ProcessAnswer(response).single(reference.text)
                    throw Fault(.badSignal, signal)
                }
            }
        },
        Method(
            "supervisor.signalProcessGroup",
            "array",
            "Sends a signal to what runs in a group.",
            [.group, .signal]
        ) { arguments throws(Fault) in
            let group = try ProcessReference(group: arguments.text(0))
            return several(group.selection, arguments.text(1), group.text)
        },
        Method(
            "supervisor.signalAllProcesses",
            "array",
            "Sends a signal to whatever runs.",
            [.signal]
        ) { several(.all, $0.text(0), nil) },
    ]

    private static func several(_ selection: Selection, _ signal: String, _ name: String?) -> Plan {
        .ask(.signal(selection, name: signal)) { response throws(Fault) in
            guard isBadSignal(response) else {
                let answer = try CommandAnswer(response, about: name)
                return .value(answer.list(leavingOut: .notRunning))
            }
            return .ask(.programs(selection)) { response throws(Fault) in
                let programs = try ProcessAnswer(response).list(name)
                let fault = Fault(.badSignal, signal)
                return .value(
                    .array(
                        programs.filter { $0.pid != 0 }
                            .map { CommandAnswer.entry($0.name, $0.group, fault) }
                    )
                )
            }
        }
    }

    private static func isBadSignal(_ response: Response) -> Bool {
        if case .failure(let error) = response { error.code == .badSignal } else { false }
    }
}
