// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@testable import swisord

@Suite("Runs that are still to be held")
struct UnheldRunsTests {
    private let start = Instant(nanoseconds: 0)

    @Test("are held at once where there are few")
    func few() {
        var runs = UnheldRuns()
        #expect(runs.due == nil)
        for id in 1...3 { runs.add(MemberID(rawValue: id), at: start) }
        #expect(runs.due == start)
        #expect(runs.take(at: start).map(\.rawValue) == [1, 2, 3])
        #expect(runs.isEmpty && runs.due == nil)
    }

    @Test("are all held in their order, after one pause, where there are many")
    func many() throws {
        var runs = UnheldRuns()
        for id in 1...1000 { runs.add(MemberID(rawValue: id), at: start) }
        var held = runs.take(at: start).map(\.rawValue)
        #expect(!held.isEmpty && held.count < 100)
        #expect(runs.take(at: start).isEmpty)
        let due = try #require(runs.due)
        #expect(due > start)
        while runs.due != nil {
            let some = runs.take(at: due)
            #expect(!some.isEmpty && some.count < 100)
            held += some.map(\.rawValue)
        }
        #expect(held == Array(1...1000))
        #expect(runs.isEmpty)
    }
}
