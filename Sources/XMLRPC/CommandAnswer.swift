// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What came of a command, told as supervisord tells it.
struct CommandAnswer {
    private let results: [CommandResult]
    /// What the client asked for.
    private let name: String?

    /// - Throws: the fault when nothing was begun, or when what was named is not there.
    init(_ response: Response, about name: String?) throws(Fault) {
        guard case .command(let report) = response else { throw Fault(response, about: name) }
        for result in report.results {
            if let error = result.error, error.code == .noSuchGroup || error.code == .noSuchProcess
            {
                throw Fault(error, about: name)
            }
        }
        results = report.results
        self.name = name
    }

    /// True for the one process that was named, or the fault.
    func single() throws(Fault) -> Plan {
        for result in results {
            if let error = result.error { throw Fault(error, about: name) }
        }
        return .value(.bool(true))
    }

    /// One struct a process, in the order in which they were settled.
    func list(leavingOut code: APIError.Code? = nil) -> XMLValue {
        .array(
            results.filter { $0.error == nil || $0.error?.code != code }.map(CommandAnswer.entry)
        )
    }

    private static func entry(_ result: CommandResult) -> XMLValue {
        let name = ProcessReference.name(result.name, in: result.group)
        return entry(
            result.name,
            result.group,
            result.error.map { Fault($0, about: name) }
        )
    }

    /// What is told of one process of several; without a fault, that all went well.
    static func entry(_ name: String, _ group: String, _ fault: Fault?) -> XMLValue {
        .structure([
            .init("name", .text(name)), .init("group", .text(group)),
            .init("status", .int((fault?.code ?? .success).rawValue)),
            .init("description", .text(fault?.text ?? "OK")),
        ])
    }
}
