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
        let heard = Box<[FollowUpdate]>([])
        logs.thread.post(
            .follow(
                FollowerID(rawValue: follower),
                StreamID(rawValue: id),
                lastBytes: lastBytes
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
            if number % 500 == 0 { logs.thread.post(.reopen) }
        }
        try logs.drain(1)
        #expect(bytes(heard) == Array(expected[skipped...]))
    }

    @Test("hears on after a clear, and of the end when the stream goes")
    func clearAndEnd() throws {
        let writer = try logs.attach(1, .file(LogFileSettings(path: logs.directory("x.log"))))
        let heard = try follow(1, 1)
        writer.write("one\n")
        try logs.clear(1)
        writer.write("two\n")
        logs.thread.post(.detach(StreamID(rawValue: 1)))
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
        #expect(one.value.count == 1)
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
