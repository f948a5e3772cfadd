// SPDX-License-Identifier: Apache-2.0

import Supervision
import YAML

extension ProgramExpansion {
    /// The temporary name beside the file takes a few of the 107 bytes that the system allows.
    private static let longestPath = 100

    /// The socket of the program; nil when there is none, or none that can be used.
    func socket(_ loading: inout Loading) -> SocketSettings? {
        guard let template = section.text("socket") else {
            for mark in marks(of: ["socket_backlog", "socket_owner", "socket_mode"]) {
                loading.complaints.error(
                    "\(quoted(mark.key)) is of no use without 'socket'",
                    at: mark.value
                )
            }
            return nil
        }
        if section.choice("stdin") == InputSource.pipe.rawValue {
            for mark in marks(of: ["stdin"]) {
                loading.complaints.error(
                    "the program has its socket as its standard input; leave 'stdin' out",
                    at: mark.value
                )
            }
        }
        guard let text = loading.expand(template, with: names) else { return nil }
        guard let place = SocketSettings.Place(text) else {
            loading.complaints.error(
                "'socket' takes unix:///PATH, or tcp:// with a numeric address and a port such as "
                    + "tcp://127.0.0.1:9000, not \(quoted(text))",
                at: template.mark
            )
            return nil
        }
        var settings = SocketSettings(place)
        if let backlog = section.integer("socket_backlog") { settings.backlog = backlog }
        switch place {
        case .network:
            for mark in marks(of: ["socket_owner", "socket_mode"]) {
                loading.complaints.error(
                    "\(quoted(mark.key)) is for sockets of the form unix:///PATH",
                    at: mark.value
                )
            }
        case .path(let path):
            if path.utf8.count > Self.longestPath {
                loading.complaints.error(
                    "the path of the socket has more than \(Self.longestPath) bytes",
                    at: template.mark
                )
            }
            if let mode = section.octal("socket_mode") { settings.mode = mode }
            settings.owner = section.text("socket_owner").flatMap { loading.user($0, with: names) }
        }
        return settings
    }

    /// Where these keys stand in the program itself: those of `defaults` are for whom they suit.
    private func marks(of keys: [String]) -> [(key: String, value: Mark)] {
        keys.filter(program.ownKeys.contains).compactMap { key in
            section.marks[key].map { (key, $0) }
        }
    }
}

extension Loading {
    /// Complains about a socket of two programs: which of them a client comes to would be chance.
    mutating func checkSockets(_ drafts: DraftProcesses) {
        var first: [SocketSettings.Place: DraftProcess] = [:]
        var blamed: Set<Mark> = []
        for draft in drafts {
            guard let place = draft.process.socket?.place else { continue }
            guard let other = first[place] else {
                first[place] = draft
                continue
            }
            let mark = draft.marks["socket"] ?? draft.process.origin.mark
            guard other.process.program != draft.process.program, blamed.insert(mark).inserted
            else { continue }
            let owner = other.process.program
            complaints.error(
                "programs '\(owner)' and '\(draft.process.program)' have the same socket, \(place); "
                    + "give each its own, or one of them 'numprocs'",
                at: mark
            )
        }
        let most = SocketSettings.mostPlaces
        if first.count > most, let mark = drafts.last?.process.origin.mark {
            complaints.error("there are more than \(most) sockets", at: mark)
        }
    }
}
