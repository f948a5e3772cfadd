// SPDX-License-Identifier: Apache-2.0

/// The rules by which one process is started, watched and stopped.
package struct ProcessPolicy: Hashable, Sendable {
    /// What `autorestart` says about an exit from RUNNING.
    package enum RestartRule: String, Hashable, Sendable, CaseIterable {
        case never, unexpected, always
    }

    package var autostart = true
    package var restart = RestartRule.unexpected
    /// Exit codes that count as expected; death by a signal never does.
    package var exitCodes: Set<Int32> = [0]
    /// How long a process must stay up to be RUNNING.
    package var startSeconds: Duration = .seconds(1)
    /// Failures in a row after which it is FATAL; nil means never (`forever`).
    package var startRetries: Int? = 3
    package var backoff = Backoff()
    package var stopSignal = Signal.terminate
    /// How long a stop may take before SIGKILL; nil means it is never sent (`never`).
    package var stopWait: Duration? = .seconds(10)
    /// Whether the stop signal goes to the whole process group.
    package var stopAsGroup = true
    /// Whether SIGKILL goes to the whole group, and a stop is over only when the group is empty.
    package var killAsGroup = true

    package init() {}
}

/// How long to wait before the next attempt after failures in a row.
package struct Backoff: Hashable, Sendable {
    package var initial: Duration = .seconds(1)
    package var factor: Double = 2
    package var max: Duration = .seconds(60)
    /// The share of the delay by which it is varied, from 0 to 1.
    package var jitter: Double = 0.1

    package init() {}

    /// The delay before the attempt that follows `failures` failures in a row, at least one.
    ///
    /// - Parameters:
    ///   - failures: How many attempts in a row have failed.
    ///   - noise: A number from -1 to 1 that decides the variation.
    /// - Returns: The delay, never above `max` by more than the jitter.
    package func delay(afterFailures failures: Int, noise: Double) -> Duration {
        let limit = max.inSeconds
        var seconds = Swift.min(initial.inSeconds, limit)
        for _ in 1..<Swift.min(Swift.max(failures, 1), 1000) where seconds < limit {
            seconds = Swift.min(seconds * factor, limit)
        }
        return .seconds(Swift.max(0, seconds * (1 + jitter * noise)))
    }
}
