// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

@Suite("A follower", .timeLimit(.minutes(10)))
struct FollowTests {
    private let logs: LogFixture

    init() throws {
        logs = try LogFixture()
    }

    private func follow(_ follower: UInt64, _ id: Int, lastBytes: Int = 0) throws -> Box<
        [FollowUpdate]
    > {
        try follow(follower, id, .last(lastBytes))
    }

    private func follow(_ follower: UInt64, _ id: Int, _ start: FollowStart) throws -> Box<
        [FollowUpdate]
    > {
        let heard = Box<[FollowUpdate]>([])
        logs.thread.post(
            .follow(
                FollowerID(rawValue: follower),
                StreamID(rawValue: id),
                start
            ) { update in
                heard.change { $0.append(update) }
            }
        )
        // What is written from here on comes to it.
        try logs.drain(id)
        return heard
    }

    private func bytes(_ heard: Box<[FollowUpdate]>) -> [UInt8] {
        heard.value.flatMap { update -> [UInt8] in
            if case .bytes(let bytes) = update { bytes } else { [] }
        }
    }

    @Test("gets each byte once, in order, over rotation, reopening and a flood")
    func everyByte() throws {
        let settings = LogFileSettings(
            path: logs.directory("x.log"),
            maxBytes: 3000,
            backups: 10_000
        )
        let writer = try logs.attach(1, .file(settings))
        var expected: [UInt8] = []
        func write(_ text: String) {
            expected += Array(text.utf8)
            writer.write(text)
        }
        for number in 0..<100 { write("before \(number)\n") }
        let heard = try follow(1, 1, lastBytes: 2000)
        _ = try logs.tail(StreamID(rawValue: 1), bytes: 0)
        let skipped = expected.count - bytes(heard).count
        #expect(bytes(heard).count == min(2000, expected.count))
        for number in 0..<5_000 {
            write("line \(number)\n")
            if number % 500 == 0 { logs.thread.post(.reopen(LogToken(rawValue: 0))) }
        }
        try logs.drain(1)
        #expect(bytes(heard) == Array(expected[skipped...]))
    }

    /// Where the first byte of what was heard stands, and what had been heard by then.
    private func place(_ heard: Box<[FollowUpdate]>) -> String {
        for case .began(let place?, _) in heard.value { return "\(place).\(bytes(heard).count)" }
        return ""
    }

    private func isWhole(_ heard: Box<[FollowUpdate]>) -> Bool {
        heard.value.contains { if case .began(_, isWhole: true) = $0 { true } else { false } }
    }

    @Test("goes on from a place over rotations, also in the middle of lines")
    func resumes() throws {
        let settings = LogFileSettings(path: logs.directory("x.log"), maxBytes: 300, backups: 1000)
        let writer = try logs.attach(1, .file(settings))
        var expected: [UInt8] = []
        func write(_ text: String) throws {
            expected += Array(text.utf8)
            writer.write(text)
            try logs.drain(1)
        }
        try write("before\nhalf a li")
        var heard = try follow(1, 1, lastBytes: 100)
        var all = bytes(heard)
        for number in 0..<300 {
            logs.thread.post(.unfollow(FollowerID(rawValue: UInt64(number + 1))))
            try logs.drain(1)
            let place = place(heard)
            // What is written while nobody follows: nothing, parts of lines, more than a file.
            try write(String(repeating: "\(number)ne\nhalf a li", count: number % 7 * number % 40))
            heard = try follow(UInt64(number + 2), 1, .after(LogPlace(place)))
            #expect(isWhole(heard))
            try write("ne \(number)\n")
            all += bytes(heard)
        }
        #expect(all == expected)
    }

    @Test("says when what came after a place is not known any more")
    func forgotten() throws {
        let settings = LogFileSettings(path: logs.directory("x.log"), maxBytes: 100, backups: 1)
        let writer = try logs.attach(1, .file(settings))
        writer.write("one\n")
        let first = try follow(1, 1, lastBytes: 100)
        let place = place(first)
        for _ in 0..<100 { writer.write("another line\n") }
        try logs.drain(1)
        for start in [FollowStart.after(LogPlace(place)), .after(nil)] {
            let heard = try follow(2, 1, start)
            #expect(!isWhole(heard))
            #expect(bytes(heard).isEmpty)
        }
        try logs.clear(1)
        #expect(try !isWhole(follow(3, 1, .after(LogPlace(self.place(first))))))
    }

    /// A file system gives the number of a deleted file to the next one.
    @Test("takes no new file for the one of a place that is gone")
    func sameNumber() throws {
        let file = LogFileSettings(path: logs.directory("x.log"))
        let writer = try logs.attach(1, .file(file))
        writer.write("gone\n")
        let place = place(try follow(1, 1, lastBytes: 100))
        for number in 0..<50 {
            unlink(file.path)
            writer.write("another file\n")
            let heard = try follow(UInt64(number + 2), 1, .after(LogPlace(place)))
            #expect(!isWhole(heard))
            #expect(bytes(heard).isEmpty)
        }
    }

    @Test(
        "takes no other words for a place",
        arguments: ["", "1", "1.2", "1.2.3", "1.2.3.x", "1.2.3.4.-5", "1.2.3.4.5.6"]
    )
    func noPlace(_ text: String) {
        #expect(LogPlace(text) == nil)
        #expect(LogPlace("1.2.3.\(Int.max).1") == nil)
        #expect(LogPlace("1.2.3.-4.6").map { "\($0)" } == "1.2.3.2")
    }

    @Test("hears on after a clear, and of the end when the stream goes")
    func clearAndEnd() throws {
        let writer = try logs.attach(1, .file(LogFileSettings(path: logs.directory("x.log"))))
        let heard = try follow(1, 1)
        writer.write("one\n")
        try logs.clear(1)
        writer.write("two\n")
        logs.thread.post(.detach(StreamID(rawValue: 1), LogToken(rawValue: 9)))
        try eventually("the end") { heard.value.last == .ended(.detached) }
        #expect(bytes(heard) == Array("one\ntwo\n".utf8))
    }

    @Test("hears nothing more once it has left, while others do")
    func leaves() throws {
        let writer = try logs.attach(1, .discard)
        let one = try follow(1, 1)
        let two = try follow(2, 1)
        writer.write("a")
        try logs.drain(1)
        logs.thread.post(.unfollow(FollowerID(rawValue: 1)))
        // Wait for the command before the next byte is written.
        try logs.drain(1)
        writer.write("b")
        try logs.drain(1)
        #expect(bytes(one) == Array("a".utf8))
        #expect(bytes(two) == Array("ab".utf8))
        logs.shutDown()
        #expect(one.value.count == 2)
        #expect(two.value.last == .ended(.shutdown))
    }

    @Test("goes along when its stream gets another log")
    func retargeted() throws {
        let writer = try logs.attach(1, .file(LogFileSettings(path: logs.directory("x.log"))))
        let heard = try follow(1, 1)
        writer.write("one\n")
        try logs.drain(1)
        logs.thread.post(.retarget(StreamID(rawValue: 1), .discard))
        writer.write("two\n")
        try logs.drain(1)
        #expect(bytes(heard) == Array("one\ntwo\n".utf8))
    }
}
