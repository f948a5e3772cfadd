// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@testable import swisord

@Suite("The time of day of a start")
struct SteadyWallClockTests {
    @Test("is the same at each asking, also when a turn is slow, until the clock is set")
    func steady() {
        var clock = SteadyWallClock()
        let start = Instant(nanoseconds: 1_000_000_000)
        func started(after seconds: Int64, clock shown: Double) -> Double {
            let now = Instant(nanoseconds: 1_000_000_000 * (1 + seconds))
            let wall = clock.seconds(at: now, clock: shown)
            return StatusText(now: now, wallNow: wall).wall(start)
        }
        #expect(started(after: 0, clock: 1_795_413_817) == 1_795_413_817)
        #expect(started(after: 10, clock: 1_795_413_827.04) == 1_795_413_817)
        #expect(started(after: 20, clock: 1_795_413_837.0002) == 1_795_413_817)
        #expect(started(after: 30, clock: 1_795_413_947) == 1_795_413_917)
    }
}
