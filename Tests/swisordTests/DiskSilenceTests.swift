// SPDX-License-Identifier: Apache-2.0

import Logs
import Supervision
import Testing

@testable import swisord

@Suite("The silence of a disk")
struct DiskSilenceTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func told(_ silence: inout DiskSilence, _ stalls: [Stall], after seconds: Int)
        -> [String]
    {
        silence.lines(
            for: stalls,
            path: { $0 == .activity ? nil : "/x/\($0.rawValue).log" },
            at: start.advanced(by: .seconds(seconds))
        ).map(\.text)
    }

    @Test("is told soon, then at growing intervals, and when it is over")
    func intervals() {
        var silence = DiskSilence()
        let stall = Stall(stream: StreamID(rawValue: 4), since: start)
        var times: [Int] = []
        for second in 2..<2000 where !told(&silence, [stall], after: second).isEmpty {
            times.append(second)
        }
        #expect(times == [2, 10, 60, 600, 1200, 1800])
        #expect(
            told(&silence, [], after: 2000) == ["/x/4.log: disk answers again after 2000 s"]
        )
        #expect(told(&silence, [], after: 2001).isEmpty)
    }

    @Test("is told for each disk by itself, with the time it has lasted")
    func several() {
        var silence = DiskSilence()
        let one = Stall(stream: StreamID(rawValue: 1), since: start)
        let other = Stall(stream: .activity, since: start.advanced(by: .seconds(10)))
        #expect(told(&silence, [one], after: 12) == ["/x/1.log: disk not answering for 12 s"])
        #expect(
            told(&silence, [one, other], after: 13)
                == ["a log that is gone: disk not answering for 3 s"]
        )
        #expect(
            told(&silence, [other], after: 14) == ["/x/1.log: disk answers again after 14 s"]
        )
    }

    @Test("that ends and begins anew between two looks is told as both")
    func anew() {
        var silence = DiskSilence()
        let id = StreamID(rawValue: 1)
        _ = told(&silence, [Stall(stream: id, since: start)], after: 3)
        let next = Stall(stream: id, since: start.advanced(by: .seconds(4)))
        #expect(
            told(&silence, [next], after: 7)
                == [
                    "/x/1.log: disk answers again after 7 s",
                    "/x/1.log: disk not answering for 3 s",
                ]
        )
    }
}
