// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Reading logs by offset and length, as supervisord counts them.
extension MethodTable {
    static let logs: [Method] = [
        Method(
            "supervisor.readLog",
            aliases: ["readMainLog"],
            "string",
            "Reads the activity log.",
            [.offset, .length]
        ) { arguments throws(Fault) in
            try read(.daemon, named: nil, arguments.int(0), arguments.int(1))
        },
        Method("supervisor.clearLog", "boolean", "Empties the activity log.") { _ in
            .ask(.clearDaemonLog, then: done)
        },
        reading("supervisor.readProcessStdoutLog", aliases: ["readProcessLog"], .stdout),
        reading("supervisor.readProcessStderrLog", .stderr),
        tailing("supervisor.tailProcessStdoutLog", aliases: ["tailProcessLog"], .stdout),
        tailing("supervisor.tailProcessStderrLog", .stderr),
    ]

    private static func reading(
        _ name: String,
        aliases: [String] = [],
        _ channel: LogSource.Channel
    ) -> Method {
        Method(
            name,
            aliases: aliases,
            "string",
            "Reads the \(channel.rawValue) log of a process.",
            [.name, .offset, .length]
        ) { arguments throws(Fault) in
            let reference = try ProcessReference(arguments.text(0))
            let log = LogSource.program(name: try reference.process(), channel: channel)
            return try read(log, named: reference.text, arguments.int(1), arguments.int(2))
        }
    }

    private static func read(
        _ log: LogSource,
        named name: String?,
        _ offset: Int,
        _ length: Int
    ) throws(Fault) -> Plan {
        guard length >= 0, offset >= 0 || length == 0 else { throw Fault(.badArguments) }
        let count = length == 0 ? nil : length
        return .ask(.readLog(log, offset: offset, length: count)) { response throws(Fault) in
            guard case .logPiece(let piece) = response else { throw Fault(response, about: name) }
            return .value(.text(piece.text))
        }
    }

    private static func tailing(
        _ name: String,
        aliases: [String] = [],
        _ channel: LogSource.Channel
    ) -> Method {
        Method(
            name,
            aliases: aliases,
            "array",
            "Reads the end of the \(channel.rawValue) log of a process: the text, the length of the"
                + " log, and whether bytes from the offset on were left out.",
            [.name, .offset, .length]
        ) { arguments throws(Fault) in
            let reference = try ProcessReference(arguments.text(0))
            let log = LogSource.program(name: try reference.process(), channel: channel)
            let (offset, length) = (arguments.int(1), arguments.int(2))
            // First how long it is, then the part that follows from that.
            return .ask(.readLog(log, offset: 0, length: 0)) { response throws(Fault) in
                guard case .logPiece(let piece) = response else {
                    return .value(try LogTail.missing(response, about: reference.text))
                }
                let tail = LogTail(of: piece.size, offset: offset, length: length)
                guard tail.count > 0 else { return .value(tail.value("")) }
                return .ask(.readLog(log, offset: tail.start, length: tail.count)) {
                    response throws(Fault) in
                    guard case .logPiece(let piece) = response else {
                        return .value(try LogTail.missing(response, about: reference.text))
                    }
                    return .value(tail.value(piece.text))
                }
            }
        }
    }
}

/// What supervisord's tail of a log is: which bytes, and whether they are all from an offset on.
struct LogTail: Hashable, Sendable {
    let start: Int
    let count: Int
    let size: Int
    let hasOverflown: Bool

    /// The rules of supervisord, where more than asked for counts as an overflow and what is short
    /// is filled up from before the offset.
    init(of size: Int, offset: Int, length: Int) {
        self.size = size
        let (sum, isHuge) = offset.addingReportingOverflow(length)
        let end = isHuge ? (length > 0 ? Int.max : Int.min) : sum
        hasOverflown = size > end
        var start = offset
        var count = length
        if hasOverflown {
            start = size - 1
            if length > 1 { start = size - length }
        } else if end > size {
            if offset > size - 1 { count = 0 }
            start = size - count
        }
        self.start = max(0, start)
        self.count = max(0, min(count, size))
    }

    func value(_ text: String) -> XMLValue {
        .array([.text(text), .int(size), .bool(hasOverflown)])
    }

    /// A log that is not there is an empty one.
    static func missing(_ response: Response, about name: String) throws(Fault) -> XMLValue {
        if case .failure(let error) = response, error.code == .noLogFile {
            return .array([.text(""), .int(0), .bool(false)])
        }
        throw Fault(response, about: name)
    }
}
