// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@Suite("What /proc tells of a process")
struct ProcessStatTests {
    private static let line =
        "7 (x) T 1 1 ( y\n) S 3 5 6 0 -1 4194368 100 0 0 0 11 12 0 0 20 0 1 0 319921 3133440 360 "
        + "18446744073709551615 1 2 3 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 4 5 6 7 8 9 10 256\n"

    @Test("is read past a name made to mislead")
    func parses() throws {
        let stat = try #require(ProcessStat(Array(Self.line.utf8)))
        #expect(stat.pid == 7)
        #expect(stat.state == UInt8(ascii: "S"))
        #expect(stat.parent == 3)
        #expect(stat.group == 5)
        #expect(stat.session == 6)
        #expect(stat.userTicks == 11)
        #expect(stat.systemTicks == 12)
        #expect(stat.startTicks == 319_921)
        #expect(stat.waitStatus == 256)
        #expect(!stat.hasExecuted)
        #expect(!stat.hasEnded)
    }

    @Test("is nothing when it is cut short, at any byte before the time of its start")
    func cut() {
        let bytes = Array(Self.line.utf8)
        for length in bytes.indices {
            guard let stat = ProcessStat(bytes.prefix(length)) else { continue }
            #expect(stat.pid == 7)
            #expect(stat.waitStatus == nil || length >= bytes.count - 4)
        }
        #expect(ProcessStat(bytes.prefix(60)) == nil)
        #expect(ProcessStat([UInt8]()) == nil)
        #expect(ProcessStat(Array(")(".utf8)) == nil)
    }

    @Test("is known of this process and not of one that is no process")
    func own() throws {
        let stat = try #require(ProcessStat.read(getpid()))
        #expect(stat.pid == getpid())
        #expect(stat.parent == getppid())
        #expect(stat.group == getpgrp())
        #expect(stat.session == getsid(0))
        #expect(stat.hasExecuted)
        #expect(!stat.isKernelThread)
        #expect(ProcessStat.read(0) == nil)
        #expect(ProcessStat.read(-1) == nil)
        #expect(ProcessStat.read(.max) == nil)
    }
}
