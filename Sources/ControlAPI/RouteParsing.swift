// SPDX-License-Identifier: Apache-2.0

extension Routes {
    /// What an HTTP request asks for.
    ///
    /// - Throws: `bad_request`, `not_found` or `method_not_allowed`, with what is wrong.
    package static func parse(_ http: HTTPCall) throws(APIError) -> Call {
        let halves = http.target.split(
            separator: "?",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard let path = halves.first, path.hasPrefix("/"), !http.target.contains("#") else {
            throw .badRequest("The address is not a path, such as /v1/programs.")
        }
        let segments = split(path)
        let candidates = all.filter { $0.matches(segments) }
        guard !candidates.isEmpty else {
            throw APIError(
                .notFound,
                "There is nothing at this address.",
                hint: "docs/control-api.md lists every address."
            )
        }
        guard let route = candidates.first(where: { $0.method.rawValue == http.method }) else {
            let allowed = allowedMethods(at: http.target).joined(separator: ", ")
            throw APIError(
                .methodNotAllowed,
                "This address answers to \(allowed) only.",
                hint: "Use \(allowed)."
            )
        }
        var arguments = try route.capture(segments)
        arguments.query = try route.parseQuery(halves.count == 2 ? halves[1] : "")
        try route.parseBody(http.body, into: &arguments)
        return try route.read(arguments)
    }

    /// The methods that an address has, for the header `Allow`; none when it does not exist.
    package static func allowedMethods(at target: String) -> [String] {
        let path = target.prefix { $0 != "?" }
        let segments = split(path)
        return all.filter { $0.matches(segments) }.map(\.method.rawValue)
    }

    /// The HTTP request that asks for `call`.
    ///
    /// - Throws: `bad_request` when a name in it can stand in no address.
    package static func http(for call: Call) throws(APIError) -> HTTPCall {
        for route in all {
            guard let arguments = route.write(call) else { continue }
            return try route.build(arguments)
        }
        throw .badRequest("This request has no address.")
    }

    fileprivate static func split(_ path: Substring) -> [Substring] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }
}

extension Route {
    private var pattern: [Substring] { Routes.split(path[...]) }

    fileprivate func matches(_ segments: [Substring]) -> Bool {
        let pattern = pattern
        guard pattern.count == segments.count else { return false }
        return zip(pattern, segments).allSatisfy { part, segment in
            switch part {
            case "{name}", "{names}": true
            case "{channel}": LogSource.Channel(rawValue: String(segment)) != nil
            default: part == segment
            }
        }
    }

    fileprivate func capture(_ segments: [Substring]) throws(APIError) -> Arguments {
        var arguments = Arguments()
        for (part, segment) in zip(pattern, segments) {
            switch part {
            case "{name}":
                arguments.names = try NameList.parse(segment)
                guard arguments.names.count == 1 else {
                    throw .badRequest(
                        "This address takes one name.",
                        hint: "Escape a comma in a name as %2C."
                    )
                }
            case "{names}": arguments.names = try NameList.parse(segment)
            case "{channel}": arguments.channel = LogSource.Channel(rawValue: String(segment))
            default: break
            }
        }
        return arguments
    }

    fileprivate func parseQuery(_ raw: Substring) throws(APIError) -> [String: QueryValue] {
        var values: [String: QueryValue] = [:]
        for piece in raw.split(separator: "&", omittingEmptySubsequences: true) {
            let halves = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let parameter = query.first(where: { $0.name == halves[0] }) else {
                let known = query.map(\.name).joined(separator: ", ")
                throw .badRequest(
                    "There is no parameter '\(PercentCoding.decode(halves[0]) ?? "?")' here.",
                    hint: query.isEmpty ? "This address has none." : "This address has: \(known)."
                )
            }
            guard values[parameter.name] == nil else {
                throw .badRequest("The parameter '\(parameter.name)' is given twice.")
            }
            values[parameter.name] = try parameter.parse(halves.count == 2 ? halves[1] : "")
        }
        for parameter in query where values[parameter.name] == nil {
            values[parameter.name] = parameter.defaultValue
        }
        return values
    }

    fileprivate func parseBody(
        _ bytes: [UInt8],
        into arguments: inout Arguments
    ) throws(APIError) {
        guard !bytes.isEmpty else { return }
        switch body {
        case nil:
            throw .badRequest("This address takes no body.", hint: "Send the request without one.")
        case .json: arguments.signal = try JSONCoding.decodeSignal(bytes)
        case .event: arguments.event = try EventBody(bytes)
        case .bytes: arguments.bytes = bytes
        }
    }

    fileprivate func build(_ arguments: Arguments) throws(APIError) -> HTTPCall {
        var target = ""
        for part in pattern {
            let text: String? =
                switch part {
                case "{name}": arguments.names.first.flatMap { PercentCoding.encode($0) }
                case "{names}": NameList.format(arguments.names)
                case "{channel}": arguments.channel?.rawValue
                default: String(part)
                }
            guard let text else { throw .unspeakable }
            target += "/" + text
        }
        var separator = "?"
        for parameter in query {
            guard let value = arguments.query[parameter.name], value != parameter.defaultValue
            else { continue }
            guard let text = parameter.format(value) else { throw .unspeakable }
            target += "\(separator)\(parameter.name)=\(text)"
            separator = "&"
        }
        var call = HTTPCall(method: method.rawValue, target: target, body: arguments.bytes)
        if let signal = arguments.signal { call.body = try JSONCoding.encodeSignal(signal) }
        if let event = arguments.event { call.body = try JSONCoding.encode(event) }
        if let body { call.contentType = body.contentType }
        return call
    }
}

extension APIError {
    fileprivate static let unspeakable = APIError(
        .badRequest,
        "A name is missing, or holds a slash or a control character.",
        hint: "Name at least one process, as in 'name' or 'group:name'."
    )
}
