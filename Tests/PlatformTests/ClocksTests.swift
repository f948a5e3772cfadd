// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@Suite("The clocks")
struct ClocksTests {
    @Test("go forward")
    func monotonic() {
        let first = MonotonicClock.now()
        #expect(MonotonicClock.now() >= first)
        #expect(WallClock.now() > 1_700_000_000)
    }

    /// The time zone belongs to the whole process, so these have one of their own.
    @Test("write local time in supervisord's two ways")
    func stamps() async {
        await #expect(processExitsWith: .success) {
            setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
            tzset()
            #expect(WallClock.activityStamp(1_769_900_399.0425) == "2026-01-31 23:59:59,042")
            #expect(WallClock.statusStamp(1_769_900_399) == "Jan 31 11:59 PM")
            #expect(WallClock.statusStamp(1_782_856_800) == "Jul 01 12:00 AM")
            #expect(WallClock.statusStamp(1_782_900_060) == "Jul 01 12:01 PM")
            #expect(WallClock.activityStamp(-0.5) == "1970-01-01 00:59:59,500")
            #expect(WallClock.activityStamp(4_102_444_800) == "2100-01-01 01:00:00,000")
        }
    }

    @Test("take a bad time zone for UTC and nonsense for 1970")
    func survivesNonsense() async {
        await #expect(processExitsWith: .success) {
            for zone in [":nope", "", "\u{1}\u{ff}", String(repeating: "x", count: 5000)] {
                setenv("TZ", zone, 1)
                tzset()
                #expect(WallClock.activityStamp(0) == "1970-01-01 00:00:00,000")
                for seconds in [Double.nan, .infinity, -.infinity, 1e300, -1e18] {
                    #expect(WallClock.activityStamp(seconds) == "1970-01-01 00:00:00,000")
                }
                #expect(WallClock.statusStamp(0) == "Jan 01 12:00 AM")
            }
        }
    }
}
