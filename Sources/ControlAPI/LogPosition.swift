// SPDX-License-Identifier: Apache-2.0

/// How far a client has come in a log that it follows, so that another stream can go on from there.
package struct LogPosition: Hashable, Sendable {
    /// The header of an answer that says where its first byte stands.
    package static let header = "x-swisord-position"
    /// The header that is there when the answer does not begin where it was to.
    package static let gapHeader = "x-swisord-gap"

    /// In the daemon's words, which mean nothing to a client.
    private let start: String
    /// The bytes that have come since.
    private var received = 0

    package init(start: String) {
        self.start = start
    }

    package mutating func advance(by count: Int) {
        received += count
    }

    /// For the parameter `from` of the next request.
    package var text: String { "\(start).\(received)" }
}
