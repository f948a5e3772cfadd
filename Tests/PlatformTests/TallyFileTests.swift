// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Testing

@Suite("A file of counters", .timeLimit(.minutes(10)))
struct TallyFileTests {
    @Test("is gone on with by whoever has it next")
    func kept() throws {
        let tally = try TallyFile()
        #expect(tally[70_000] == 0)
        tally.add(3, at: 70_000)
        tally.add(4, at: 70_000)
        tally.add(1, at: 2)
        let next = TallyFile(OwnedDescriptor(owning: dup(tally.descriptor.rawValue)))
        #expect(next[70_000] == 7)
        next.add(1, at: 70_000)
        next.clear(2)
        #expect(next[70_000] == 8)
        #expect(next[2] == 0)
        #expect(next[3] == 0)
    }
}
