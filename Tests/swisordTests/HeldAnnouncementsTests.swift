// SPDX-License-Identifier: Apache-2.0

import Logs
import Supervision
import Testing

@testable import swisord

@Suite("Events that wait for the output before them")
final class HeldAnnouncementsTests {
    private var held = HeldAnnouncements()
    private let start = Instant(nanoseconds: 0)
    private let one = LogToken(rawValue: 1)
    private let other = LogToken(rawValue: 2)

    private func keeps(_ announcement: Announcement, exit: String? = nil) -> Bool {
        held.keep(announcement, exit: exit)
    }

    private func answered(_ token: LogToken) -> [String?] { held.answered(token).map(\.exit) }

    private func reached(_ time: Duration) -> [String?] {
        held.reach(start.advanced(by: time)).map(\.exit)
    }

    @Test("are told at once when nothing is waited for")
    func nothing() {
        held.wait(for: [], at: start)
        #expect(!keeps(.daemonIsRunning))
        #expect(held.deadline == nil)
        #expect(answered(one) == [])
    }

    @Test("are told in order once all answers are there")
    func all() {
        held.wait(for: [one], at: start)
        #expect(keeps(.groupAdded("a"), exit: "first"))
        held.wait(for: [other], at: start)
        #expect(keeps(.groupAdded("b"), exit: "second"))
        #expect(answered(one) == [])
        #expect(answered(other) == ["first", "second"])
        #expect(held.deadline == nil)
        #expect(!keeps(.groupAdded("c")))
    }

    @Test("are told in time when a disk does not answer, and the late answer changes nothing")
    func late() {
        held.wait(for: [one], at: start)
        _ = keeps(.groupAdded("a"), exit: "first")
        held.wait(for: [other], at: start.advanced(by: .milliseconds(90)))
        #expect(held.deadline == start.advanced(by: .milliseconds(100)))
        #expect(reached(.milliseconds(99)) == [])
        #expect(reached(.milliseconds(100)) == ["first"])
        #expect(answered(one) == [])
        #expect(!keeps(.groupAdded("b")))
    }

    @Test("let output pass")
    func output() {
        held.wait(for: [one], at: start)
        let name = ProcessName(group: "a", process: "a")
        #expect(!keeps(.log(name, 7, .stdout, [65])))
        #expect(!keeps(.communication(name, 7, .stdout, [65])))
    }
}
