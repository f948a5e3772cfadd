// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The time of day of instants, which stays the same from one asking to the next until somebody
/// sets the clock, so that clients can tell two starts apart by it.
struct SteadyWallClock {
    /// Seconds since 1970 at the instant zero.
    private var offset: Double?

    /// How far the clock may be off before it counts as set; more than a busy turn takes.
    private static let tolerance = 0.25

    /// Seconds since 1970 at `now`, where `clock` is what the clock of the system shows.
    mutating func seconds(at now: Instant, clock: Double) -> Double {
        let since = now.duration(since: Instant(nanoseconds: 0)).inSeconds
        let measured = clock - since
        let known = offset.flatMap { abs(measured - $0) <= Self.tolerance ? $0 : nil }
        offset = known ?? measured
        return since + (known ?? measured)
    }
}
