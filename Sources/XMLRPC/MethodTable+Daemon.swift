// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// The daemon: what it is, and what it is to do as a whole.
extension MethodTable {
    static let daemon: [Method] = [
        Method(
            "supervisor.getAPIVersion",
            aliases: ["getVersion"],
            "string",
            "The version of this interface."
        ) { _ in .value(.text("3.0")) },
        Method("supervisor.getSupervisorVersion", "string", "The version of the daemon.") { _ in
            ask { .text($0.version) }
        },
        Method("supervisor.getIdentification", "string", "The name that the file gives it.") { _ in
            ask { .text($0.identifier) }
        },
        Method("supervisor.getState", "struct", "Whether the daemon runs or shuts down.") { _ in
            ask { information in
                let (code, name) =
                    switch information.state {
                    case .running: (1, "RUNNING")
                    case .shutdown: (-1, "SHUTDOWN")
                    }
                return .structure([
                    .init("statecode", .int(code)), .init("statename", .text(name)),
                ])
            }
        },
        Method("supervisor.getPID", "int", "The process that signals are sent to.") { _ in
            ask { .int($0.pid) }
        },
        Method(
            "supervisor.sendRemoteCommEvent",
            "boolean",
            "Tells all listeners, as the event REMOTE_COMMUNICATION.",
            [
                Parameter("type", .string, "What stands behind type: in the event."),
                Parameter("data", .string, "What the event holds."),
            ]
        ) { .ask(.emit(type: $0.text(0), data: $0.text(1)), then: done) },
        Method("supervisor.shutdown", "boolean", "Stops every program and ends the daemon.") { _ in
            .ask(.shutdown, then: done)
        },
        Method(
            "supervisor.restart",
            "boolean",
            "Takes up the file and starts everything anew; a file with a mistake changes nothing."
        ) { _ in .ask(.restartAll, then: done) },
        Method(
            "supervisor.reloadConfig",
            "array",
            "Reads the file and tells which groups are new, changed and gone; changes nothing."
        ) { _ in
            .ask(.plan) { response throws(Fault) in
                guard case .plan(let plan) = response else { throw Fault(response, about: nil) }
                let groups = [plan.added, plan.changed, plan.removed].map {
                    XMLValue.array($0.map(XMLValue.text))
                }
                return .value(.array([.array(groups)]))
            }
        },
    ]

    private static func ask(_ value: @escaping @Sendable (DaemonInfo) -> XMLValue) -> Plan {
        .ask(.daemon) { response throws(Fault) in
            guard case .daemon(let information) = response else {
                throw Fault(response, about: nil)
            }
            return .value(value(information))
        }
    }

    /// The answer to what is done whatever else there is to say of it.
    static func done(_ response: Response) throws(Fault) -> Plan {
        if case .failure(let error) = response { throw Fault(error, about: nil) }
        return .value(.bool(true))
    }
}

extension Fault {
    /// The fault for an answer that is not the one that was hoped for.
    init(_ response: Response, about name: String?) {
        if case .failure(let error) = response {
            self.init(error, about: name)
        } else {
            self.init(.failed, "the daemon gave another answer than it was asked for")
        }
    }
}
