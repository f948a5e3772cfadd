// SPDX-License-Identifier: Apache-2.0

/// How the reading of a log stands in an address.
extension Routes {
    static let from = QueryParameter(
        name: "from",
        kind: .text,
        summary: "Where to go on: X-Swisord-Position of a stream, a dot, and the bytes of it."
    )

    static func stream(
        of log: LogSource,
        _ arguments: Arguments
    ) throws(APIError) -> Call {
        let follows = arguments.flag("follow")
        guard let place = arguments.text("from") else {
            return .stream(.log(log, bytes: arguments.bytes("bytes"), follow: follows))
        }
        guard follows else {
            throw .badRequest("The parameter 'from' goes with 'follow=true'.")
        }
        return .stream(.logFrom(log, place))
    }

    static func query(of call: Call) -> (LogSource, [String: QueryValue])? {
        switch call {
        case .stream(.log(let log, let bytes, let follow)):
            (log, ["bytes": .bytes(bytes), "follow": .flag(follow)])
        case .stream(.logFrom(let log, let place)):
            (log, ["follow": .flag(true), "from": .text(place)])
        case .stream(.events), .request, .program: nil
        }
    }
}
