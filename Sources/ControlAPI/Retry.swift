// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// When to ask again a daemon that went away, and when to give up.
struct Retry {
    private static let longest = Duration.milliseconds(250)

    private let deadline: ContinuousClock.Instant
    private let patience: Duration
    private var next = Duration.milliseconds(1)

    init(within patience: Duration) {
        self.patience = patience
        deadline = ContinuousClock.now.advanced(by: patience)
    }

    init(until deadline: ContinuousClock.Instant) {
        self.deadline = deadline
        patience = ContinuousClock.now.duration(to: deadline)
    }

    /// Waits a little before the next attempt; less at first, because a manager is back soon.
    ///
    /// - Throws: `error`, when it does not pass by waiting; `unanswered`, when the time is over.
    mutating func pause(after error: ControlClientError) throws(ControlClientError) {
        switch error {
        // Its end was no crash when the file is gone; what else there is stays as it is.
        case .noSuchFile, .permissionDenied, .unanswered, .protocolError: throw error
        case .connectionLost, .refused, .timedOut: break
        }
        guard ContinuousClock.now.advanced(by: next) < deadline else {
            if case .refused = error { throw error }
            throw .unanswered(patience)
        }
        let (seconds, attoseconds) = next.components
        var time = timespec(
            tv_sec: Int(seconds),
            tv_nsec: Int(attoseconds / 1_000_000_000)
        )
        nanosleep(&time, nil)
        next = min(next * 2, Self.longest)
    }
}
