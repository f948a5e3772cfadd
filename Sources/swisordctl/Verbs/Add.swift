// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Add: Verb {
    static let name = "add"
    static let subject = Subject.groups
    static let forms = [
        HelpForm("add <group>...", "Bring groups of the file, as reread found it, into use.")
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        try session.change(.add(groups: arguments), arguments) { error, group in
            switch error.code {
            // As supervisorctl: this is told, and no failure.
            case .alreadyAdded: ("ERROR: process group already active", nil)
            case .noSuchGroup: ("ERROR: no such process/group: \(group)", .failure)
            default: ("ERROR: \(error.message)", .failure)
            }
        }
    }

    static func refusal(for error: APIError) -> Refusal {
        switch error.code {
        case .shuttingDown: Refusal(line: "ERROR: shutting down")
        case .invalidConfiguration: Refusal(line: "ERROR: CANT_REREAD: \(error.message)")
        default: Refusal(line: "error: \(error.message)")
        }
    }
}

enum Remove: Verb {
    static let name = "remove"
    static let subject = Subject.groups
    static let forms = [
        HelpForm("remove <group>...", "Take groups of which nothing runs out of use.")
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        try session.change(.remove(groups: arguments), arguments) { error, group in
            switch error.code {
            case .stillRunning: ("ERROR: process/group still running: \(group)", .failure)
            case .noSuchGroup: ("ERROR: no such process/group: \(group)", .failure)
            default: ("ERROR: \(error.message)", .failure)
            }
        }
    }

    static func refusal(for error: APIError) -> Refusal {
        switch error.code {
        case .shuttingDown: Refusal(line: "ERROR: shutting down")
        default: Refusal(line: "error: \(error.message)")
        }
    }
}

extension Session {
    /// Has groups taken in or out, and tells what came of it for each.
    fileprivate mutating func change(
        _ request: Request,
        _ groups: [String],
        _ failure: (APIError, String) -> (line: String, status: ExitStatus?)
    ) throws(Interruption) {
        guard !groups.isEmpty else { return }
        let response = try send(request)
        guard case .command(let report) = response else { throw .unexpected }
        for result in report.results {
            guard let error = result.error else {
                say("\(result.group): \(result.action.rawValue) process group")
                continue
            }
            let (line, status) = failure(error, result.group)
            say(line)
            if let hint = error.hint { advise(hint) }
            exitStatus = status ?? exitStatus
        }
        show(response)
    }
}
