// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What is wrong with one stream, and when the daemon is to hear of it.
///
/// A flood onto a full disk loses bytes a thousand times a second; it is told once.
struct TroubleReport: Sendable {
    /// What has been lost since that was told last.
    private var lostBytes: UInt64 = 0
    private var text: String?
    private var toldText: String?
    private var toldAt: Instant?

    /// The least time between two notices.
    static let spacing = Duration.seconds(1)

    /// Notes how a batch went.
    mutating func note(lost: Int, text: String?) {
        lostBytes += UInt64(lost)
        self.text = text
    }

    /// When the next notice is due; nil when all is told.
    func due(at now: Instant) -> Instant? {
        guard lostBytes > 0 || text != toldText else { return nil }
        return toldAt.map { $0.advanced(by: Self.spacing) } ?? now
    }

    /// The notice, when it is due.
    mutating func take(at now: Instant) -> (lostBytes: UInt64, text: String?)? {
        guard let due = due(at: now), due <= now else { return nil }
        toldAt = now
        return takeLast()
    }

    /// The notice that has not been told, due or not; for the last moment of a stream.
    mutating func takeLast() -> (lostBytes: UInt64, text: String?)? {
        guard lostBytes > 0 || text != toldText else { return nil }
        defer { (lostBytes, toldText) = (0, text) }
        return (lostBytes, text)
    }
}
