// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Avail: Verb {
    static let name = "avail"
    static let subject = Subject.nothing
    static let forms = [
        HelpForm("avail", "Show the processes of the file, as it was read last, used or not.")
    ]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !session.refuses(arguments, of: Self.self) else { return }
        let response = try session.send(.available)
        guard case .available(let list) = response else { throw .unexpected }
        let sorted = list.configured.sorted { ($0.name, $0.group) < ($1.name, $1.group) }
        for entry in sorted {
            let name = column(namespec(group: entry.group, name: entry.name), 32)
            let use = column(entry.inUse ? "in use" : "avail", 9)
            let start = column(entry.autostart ? "auto" : "manual", 9)
            session.say("\(name) \(use) \(start) \(entry.groupPriority):\(entry.processPriority)")
        }
        session.show(response)
    }

    private static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
    }

    static func refusal(for error: APIError) -> Refusal {
        switch error.code {
        case .shuttingDown: Refusal(line: "ERROR: supervisor shutting down")
        case .invalidConfiguration: Refusal(line: "ERROR: CANT_REREAD: \(error.message)")
        default: Refusal(line: "error: \(error.message)")
        }
    }
}
