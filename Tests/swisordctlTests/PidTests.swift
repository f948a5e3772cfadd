// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

@Suite("pid and version")
struct PidTests {
    @Test("show the daemon's own without a name")
    func daemon() {
        #expect(Transcript("pid", .daemon(daemonInfo())).output == "4711\n")
        #expect(Transcript("version", .daemon(daemonInfo())).output == "0.1.0\n")
    }

    @Test("pid shows one a line in the order of the names, and 0 is a failure")
    func names() {
        let seen = Transcript(
            "pid c nope a",
            programs(
                process("a", pid: 1),
                process("c", "STOPPED"),
                missing: [result("nope", .listed, .noSuchProcess)]
            )
        )
        #expect(seen.output == "0\nNo such process nope\n1\n")
        #expect(seen.status == 1)
        #expect(Transcript("pid a", programs(process("a", "STOPPED"))).status == 7)
        #expect(Transcript("pid a", programs(process("a", pid: 5))).status == 0)
    }

    @Test("pid all is never a failure")
    func all() {
        let seen = Transcript("pid all", programs(process("a", pid: 1), process("b", "FATAL")))
        #expect(seen.output == "1\n0\n")
        #expect(seen.status == 0)
    }
}
