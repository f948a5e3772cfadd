// SPDX-License-Identifier: Apache-2.0

/// What one HTTP request asks for.
package enum Call: Hashable, Sendable {
    /// Answered with one value.
    case request(Request)
    /// One program by its exact name: answered with it alone, or an error when it is unknown.
    case program(String)
    /// Answered with a stream.
    case stream(StreamRequest)
}

/// One HTTP request, without headers: all that a route needs.
package struct HTTPCall: Hashable, Sendable {
    package var method: String
    /// Path and query as they stand in the request line.
    package var target: String
    package var body: [UInt8]
    /// What the body is, for the header `Content-Type`.
    package var contentType = RequestBody.json.contentType

    package init(method: String, target: String, body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.body = body
    }
}
