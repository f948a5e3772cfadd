// SPDX-License-Identifier: Apache-2.0

/// One line of the route table: an address, what it makes, and how it is made from that.
package struct Route: Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
    }

    package let method: Method
    /// As in `/v1/programs/{names}/start`.
    package let path: String
    /// The name of the operation, as in the OpenAPI file.
    package let id: String
    package let summary: String
    package let query: [QueryParameter]
    /// The body that may come with it; else a body is refused.
    package let body: RequestBody?
    /// What may go wrong here beyond what may go wrong with every request.
    package let errors: [APIError.Code]

    /// Makes the call of an address that has matched.
    let read: @Sendable (Arguments) throws(APIError) -> Call
    /// The arguments of a call, or nil when the call is not this route's.
    let write: @Sendable (Call) -> Arguments?

    init(
        _ method: Method,
        _ path: String,
        _ id: String,
        _ summary: String,
        query: [QueryParameter] = [],
        body: RequestBody? = nil,
        errors: [APIError.Code] = [],
        read: @escaping @Sendable (Arguments) throws(APIError) -> Call,
        write: @escaping @Sendable (Call) -> Arguments?
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.summary = summary
        self.query = query
        self.body = body
        self.errors = errors
        self.read = read
        self.write = write
    }

    /// A route that has no arguments.
    init(
        _ method: Method,
        _ path: String,
        _ id: String,
        _ summary: String,
        _ request: Request,
        errors: [APIError.Code] = []
    ) {
        self.init(
            method,
            path,
            id,
            summary,
            errors: errors,
            read: { _ in .request(request) },
            write: { $0 == .request(request) ? Arguments() : nil }
        )
    }
}

extension Route {
    /// What may go wrong with every request that is understood.
    private static let commonErrors: [APIError.Code] = [
        .badRequest, .forbidden, .overloaded, .shuttingDown,
    ]

    /// Every HTTP status that the route answers with, but for those that refuse a request before
    /// its route is known.
    package var statuses: Set<Int> {
        Set((errors + Self.commonErrors).map(\.httpStatus)).union([200])
    }
}

/// What the body of a request holds.
package enum RequestBody: Hashable, Sendable {
    /// `{"signal": "TERM"}`.
    case json
    /// `{"type": "TYPE", "data": "TEXT"}`.
    case event
    /// Any bytes.
    case bytes

    package var contentType: String {
        switch self {
        case .json, .event: "application/json"
        case .bytes: "application/octet-stream"
        }
    }
}

/// What the variable parts of an address and the body hold.
struct Arguments: Hashable, Sendable {
    /// `{name}`, `{names}` or none.
    var names: [String] = []
    /// `{channel}`.
    var channel: LogSource.Channel?
    var query: [String: QueryValue] = [:]
    /// `signal` of the JSON body.
    var signal: String?
    /// The body, where it is bytes.
    var bytes: [UInt8] = []
    /// What is to be told, of the JSON body.
    var event: EventBody?

    var selection: Selection { Selection(names) }

    func flag(_ name: String) -> Bool {
        if case .flag(let value) = query[name] { value } else { false }
    }

    func bytes(_ name: String) -> Int {
        if case .bytes(let value) = query[name] { value } else { 0 }
    }

    func offset(_ name: String) -> Int {
        if case .offset(let value) = query[name] { value } else { 0 }
    }

    func list(_ name: String) -> [String] {
        if case .list(let value) = query[name] { value } else { [] }
    }

    func text(_ name: String) -> String? {
        if case .text(let value) = query[name] { value } else { nil }
    }

    func serial(_ name: String) -> UInt64? {
        if case .serial(let value) = query[name] { value } else { nil }
    }

    func path(_ name: String) -> String? {
        if case .path(let value) = query[name] { value } else { nil }
    }
}
