// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("The schedule of ticks")
struct TickScheduleTests {
    private func ticks(_ schedule: inout TickSchedule, _ seconds: Double) -> [String] {
        schedule.take(at: seconds).map { "\($0.period.rawValue) at \($0.slice)" }
    }

    @Test("wakes nobody while nobody wants ticks")
    func idle() {
        var schedule = TickSchedule()
        #expect(schedule.delay(at: 3) == nil)
        schedule.want([.seconds5], at: 3)
        #expect(schedule.delay(at: 3) == .seconds(2))
        schedule.want([], at: 4)
        #expect(!schedule.isWanted)
        #expect(schedule.delay(at: 4) == nil)
        #expect(ticks(&schedule, 100).isEmpty)
    }

    @Test("tells each slice once, at its beginning, and makes up for none")
    func slices() {
        var schedule = TickSchedule()
        schedule.want([.seconds5, .seconds60], at: 58.5)
        #expect(ticks(&schedule, 59.9).isEmpty)
        #expect(ticks(&schedule, 60) == ["5 at 60", "60 at 60"])
        #expect(ticks(&schedule, 60.001).isEmpty)
        #expect(ticks(&schedule, 78) == ["5 at 75"])
        #expect(schedule.delay(at: 78.25) == .milliseconds(1750))
    }

    @Test("begins with the slice after the one in which it was asked for")
    func beginning() {
        var schedule = TickSchedule()
        schedule.want([.seconds3600], at: 3600)
        #expect(ticks(&schedule, 7199).isEmpty)
        #expect(ticks(&schedule, 7200) == ["3600 at 7200"])
        // Asked for again, it goes on as it was.
        schedule.want([.seconds3600, .seconds5], at: 7204)
        #expect(ticks(&schedule, 7205) == ["5 at 7205"])
    }

    @Test("goes by a clock that was set back")
    func setBack() {
        var schedule = TickSchedule()
        schedule.want([.seconds5], at: 1000)
        #expect(ticks(&schedule, 500) == ["5 at 500"])
        #expect(schedule.delay(at: 501) == .seconds(4))
    }
}
