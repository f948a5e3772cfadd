// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Testing

@Suite("Patience", .timeLimit(.minutes(10)))
struct PatienceTests {
    @Test("gives what a call gives")
    func answers() throws {
        let patience = Patience(limit: .seconds(20))
        #expect(try patience.call("test") { 7 } == 7)
    }

    @Test("ends with a call that hangs, and begins no more than a few of them")
    func hangs() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        defer {
            close(reader)
            close(writer)
        }
        let patience = Patience(limit: .milliseconds(1))
        for _ in 0..<9 {
            let answer = try patience.call("test") {
                // Stands for a disk that does not answer: until something is written.
                var byte: UInt8 = 0
                return read(reader, &byte, 1)
            }
            #expect(answer == nil)
        }
        // Four hang; the others were not begun, nor is this one, which would come back at once.
        let calls = Patience(limit: .seconds(20))
        #expect(try calls.call("test") { 1 } == 1)
        #expect(try patience.call("test") { 1 } == nil)
        write(writer, "four", 4)
        try eventually("patience for another call") {
            try patience.call("test") { 1 } == 1
        }
    }
}

@Suite("An alarm", .timeLimit(.minutes(10)))
struct AlarmTests {
    @Test("goes off once, at the time that it was last set to")
    func goesOff() throws {
        let alarm = try Alarm()
        var reactor = try Reactor()
        try reactor.add(alarm.descriptor, token: 5)
        alarm.set(after: .seconds(3600))
        var events: [Reactor.Event] = []
        try reactor.wait(timeout: .zero, into: &events)
        #expect(events.isEmpty)
        alarm.set(after: .milliseconds(1))
        try reactor.wait(timeout: .seconds(20), into: &events)
        #expect(events.map(\.token) == [5])
        alarm.acknowledge()
        events = []
        try reactor.wait(timeout: .zero, into: &events)
        #expect(events.isEmpty)
    }
}
