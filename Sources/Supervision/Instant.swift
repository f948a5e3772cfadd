// SPDX-License-Identifier: Apache-2.0

/// A point on the machine's monotonic clock, in nanoseconds since an arbitrary start.
///
/// Rules receive instants as arguments and never read a clock. CLOCK_MONOTONIC stands behind the
/// real ones, so a wall-clock jump moves no deadline and a suspended machine uses up no waiting time.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The instant `duration` later; saturates instead of overflowing.
    package func advanced(by duration: Duration) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: nanoseconds < 0 ? .min : .max)
    }

    /// The time from `earlier` to this instant; negative when `earlier` is the later one.
    package func duration(since earlier: Instant) -> Duration {
        .nanoseconds(nanoseconds) - .nanoseconds(earlier.nanoseconds)
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Duration {
    /// The duration in nanoseconds, saturated to 64 bits (292 years).
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard carry else { return sum }
        return seconds < 0 ? .min : .max
    }

    /// The duration in seconds, for display only.
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
