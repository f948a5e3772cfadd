// SPDX-License-Identifier: Apache-2.0

/// Pieces of logs, by their place in the file.
extension Routes {
    private static let offset = QueryParameter(
        name: "offset",
        kind: .offset(default: 0),
        summary: "The place of the first byte; from the end when it is negative."
    )
    private static let length = QueryParameter(
        name: "length",
        kind: .bytes(default: QueryParameter.bytesLimit),
        summary: "How many bytes at most."
    )

    static let pieces: [Route] = [
        Route(
            .get,
            "/v1/programs/{name}/logs/{channel}/piece",
            "readLogPiece",
            "A piece of a program's log, by its place in the file.",
            query: [offset, length],
            errors: unreadable,
            read: { arguments throws(APIError) in
                guard let channel = arguments.channel else {
                    throw APIError(.notFound, "No such log.")
                }
                let log = LogSource.program(name: arguments.names[0], channel: channel)
                return piece(of: log, arguments)
            },
            write: {
                guard case .request(.readLog(.program(let name, let channel), _, _)) = $0 else {
                    return nil
                }
                return Arguments(names: [name], channel: channel, query: query($0))
            }
        ),
        Route(
            .get,
            "/v1/daemon/log/piece",
            "readDaemonLogPiece",
            "A piece of the daemon's activity log, by its place in the file.",
            query: [offset, length],
            errors: unreadable,
            read: { piece(of: .daemon, $0) },
            write: {
                guard case .request(.readLog(.daemon, _, _)) = $0 else { return nil }
                return Arguments(query: query($0))
            }
        ),
    ]

    private static func piece(of log: LogSource, _ arguments: Arguments) -> Call {
        let length = arguments.bytes("length")
        return .request(
            .readLog(
                log,
                offset: arguments.offset("offset"),
                length: length == QueryParameter.bytesLimit ? nil : length
            )
        )
    }

    private static func query(_ call: Call) -> [String: QueryValue] {
        guard case .request(.readLog(_, let offset, let length)) = call else { return [:] }
        return [
            "offset": .offset(offset),
            "length": .bytes(min(length ?? QueryParameter.bytesLimit, QueryParameter.bytesLimit)),
        ]
    }
}
