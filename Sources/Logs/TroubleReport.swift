// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What is wrong with one stream, and when the daemon is to hear of it.
///
/// A flood onto a full disk changes the count a thousand times a second; it is told once.
struct TroubleReport {
    private struct Telling: Equatable {
        var lostBytes: UInt64 = 0
        var text: String?
    }

    private var current = Telling()
    private var told = Telling()
    private var toldAt: Instant?

    /// The least time between two notices.
    static let spacing = Duration.seconds(1)

    /// Notes how a batch went.
    mutating func note(lost: Int, text: String?) {
        current.lostBytes += UInt64(lost)
        current.text = text
    }

    /// When the next notice is due; nil when all is told.
    func due(at now: Instant) -> Instant? {
        guard current != told else { return nil }
        return toldAt.map { $0.advanced(by: Self.spacing) } ?? now
    }

    /// The notice, when it is due.
    mutating func take(at now: Instant) -> (lostBytes: UInt64, text: String?)? {
        guard let due = due(at: now), due <= now else { return nil }
        told = current
        toldAt = now
        return (current.lostBytes, current.text)
    }

    /// The notice that has not been told, due or not; for the last moment of a stream.
    mutating func takeLast() -> (lostBytes: UInt64, text: String?)? {
        guard current != told else { return nil }
        told = current
        return (current.lostBytes, current.text)
    }
}
