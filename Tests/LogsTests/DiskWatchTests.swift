// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import Testing

@testable import Logs

@Suite("A watch over disks")
struct DiskWatchTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    private func after(_ seconds: Int) -> Instant { start.advanced(by: .seconds(seconds)) }

    @Test("finds a thread that is at one file for two seconds, and no other")
    func stalls() throws {
        let watch = try DiskWatch()
        let marks = (0..<3).map { _ in WorkMark(watch) }
        let id = StreamID(rawValue: 7)
        marks[0].begin(StreamID(rawValue: 6), at: start)
        marks[1].begin(id, at: start)
        marks[0].end()
        #expect(watch.look(at: marks, after(1)).isEmpty)
        #expect(watch.look(at: marks, after(2)) == [Stall(stream: id, since: start)])
        // It has got on.
        marks[1].begin(StreamID(rawValue: 8), at: after(3))
        #expect(watch.look(at: marks, after(4)).isEmpty)
    }

    @Test("sets its alarm when there is work, and again as long as there is")
    func alarm() throws {
        let watch = try DiskWatch()
        var reactor = try Reactor()
        try reactor.add(watch.alarm.descriptor, token: 1)
        let mark = WorkMark(watch)
        let now = MonotonicClock.now()
        // It has been at it for so long that the next look is due at once.
        let begin = Instant(nanoseconds: now.nanoseconds - 1_999_000_000)
        mark.begin(StreamID(rawValue: 1), at: begin)
        #expect(watch.look(at: [mark], now).isEmpty)
        var events: [Reactor.Event] = []
        try reactor.wait(timeout: .seconds(20), into: &events)
        #expect(events.count == 1)
        mark.end()
        #expect(watch.look(at: [mark], MonotonicClock.now()).isEmpty)
        events = []
        // Nothing to do, nothing to wake up for.
        try reactor.wait(timeout: .milliseconds(10), into: &events)
        #expect(events.isEmpty)
    }
}
