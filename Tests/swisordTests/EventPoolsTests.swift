// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Supervision
import Testing
import YAML

@testable import swisord

@Suite("Pools of listeners that are being taken in", .timeLimit(.minutes(10)))
struct EventPoolsTests {
    private let path = "/tmp/swisord-events-\(getpid())"

    private func emit(_ text: String, in pools: inout EventPools) {
        pools.add(.remote(type: "t", data: text))
    }

    private func enlist(in pools: inout EventPools) {
        var process = ProcessConfiguration(
            name: ProcessName(group: "ear", process: "ear"),
            program: "ear",
            arguments: ["ear"],
            origin: Origin(Mark(file: "", line: 0, column: 0))
        )
        process.listener = ListenerConfiguration(events: [.remoteCommunication], bufferSize: 10)
        pools.enlist(MemberID(rawValue: 1), process)
    }

    @Test("are told what happens meanwhile, after what waited for them in an earlier manager")
    func early() {
        defer { unlink(path) }
        var first = EventPools(EventFile(path: path))
        first.load()
        emit("one", in: &first)
        enlist(in: &first)
        first.begin()
        emit("two", in: &first)
        #expect(first["ear"]?.waiting.map(\.payload) == ["type:t\none", "type:t\ntwo"])
        first.settle()
        // Nothing is said to it any more.
        var next = EventPools(EventFile(path: path))
        next.load()
        emit("three", in: &next)
        enlist(in: &next)
        next.resume { _ in true }
        next.begin()
        let waiting = next["ear"]?.waiting ?? []
        #expect(waiting.map(\.payload) == ["type:t\none", "type:t\ntwo", "type:t\nthree"])
        #expect(waiting.map(\.poolSerial) == [0, 1, 2])
        #expect(waiting.map(\.serial) == [0, 1, 2])
    }
}
