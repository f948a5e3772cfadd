// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

@Suite("A log thread", .timeLimit(.minutes(10)))
struct LogThreadTests {
    private let logs: LogFixture

    init() throws {
        logs = try LogFixture()
    }

    private func file(_ name: String, maxBytes: Int = 0, backups: Int = 0) -> LogTarget {
        .file(LogFileSettings(path: logs.directory(name), maxBytes: maxBytes, backups: backups))
    }

    /// The log and its backups, oldest first.
    private func chain(_ name: String) -> [UInt8] {
        let backups = logs.directory.names().filter { $0.hasPrefix("\(name).") }.count
        return Array(
            (0...backups).reversed().map {
                contents(RotationPlan.name(of: logs.directory(name), $0))
            }.joined()
        )
    }

    /// Numbered lines of different lengths.
    private func lines(_ numbers: Range<Int>) -> [UInt8] {
        Array(numbers.map { "\($0)\(String(repeating: "·", count: $0 % 90))\n" }.joined().utf8)
    }

    @Test("writes what a program writes, without being asked")
    func captures() throws {
        let writer = try logs.attach(1, file("x.log"))
        writer.write("hello\n")
        try eventually("the line") { text(logs.directory("x.log")) == "hello\n" }
        writer.write("again\n")
        try eventually("the next") { text(logs.directory("x.log")) == "hello\nagain\n" }
    }

    @Test(
        "keeps each byte of a flood in order over many rotations",
        arguments: [0, 5_000, 150_000]
    )
    func flood(maxBytes: Int) throws {
        let input = lines(0..<8_000)
        let writer = try logs.attach(1, file("x.log", maxBytes: maxBytes, backups: 10_000))
        writer.write(input)
        try logs.drain(1)
        #expect(chain("x.log") == input)
        #expect(logs.trouble(1) == nil)
    }

    @Test("widens the pipe of a program that floods, and of no other")
    func widens() throws {
        let flooding = try logs.attach(1, file("x.log"))
        let quiet = try logs.attach(2, file("y.log"))
        let before = quiet.capacity
        #expect(flooding.capacity == before)
        quiet.write("a line\n")
        flooding.write([UInt8](repeating: UInt8(ascii: "x"), count: 8_000_000))
        try logs.drain(1)
        try logs.drain(2)
        #expect(flooding.capacity > before)
        #expect(quiet.capacity == before)
        #expect(contents(logs.directory("x.log")).count == 8_000_000)
    }

    @Test("writes what is in the FIFOs when it shuts down")
    func shutsDown() throws {
        var writers: [Writer] = []
        for id in 0..<100 {
            let writer = try logs.attach(id, file("\(id).log"))
            writer.write("last words of \(id)")
            writers.append(writer)
        }
        logs.shutDown()
        for id in 0..<100 {
            #expect(text(logs.directory("\(id).log")) == "last words of \(id)")
        }
        #expect(logs.heard.all.last == .ended)
    }

    @Test("serves many streams at once, each in order")
    func manyStreams() throws {
        let count = 200
        let writers = try (0..<count).map { try logs.attach($0, file("\($0).log")) }
        for round in 0..<20 {
            for (id, writer) in writers.enumerated() { writer.write("\(id) \(round)\n") }
        }
        for id in 0..<count {
            try logs.drain(id)
            let expected = (0..<20).map { "\(id) \($0)\n" }.joined()
            #expect(text(logs.directory("\(id).log")) == expected)
        }
    }

    @Test("gives two streams with one file one place in it")
    func sharedFile() throws {
        let one = try logs.attach(1, file("x.log"))
        let two = try logs.attach(2, file("x.log"))
        for round in 0..<50 {
            one.write("one \(round)\n")
            two.write("two \(round)\n")
        }
        try logs.drain(1)
        try logs.drain(2)
        logs.thread.post(.detach(StreamID(rawValue: 1), LogToken(rawValue: 9)))
        two.write("end\n")
        try logs.drain(2)
        let all = text(logs.directory("x.log")).split(separator: "\n")
        #expect(all.count == 101)
        #expect(all.filter { $0.hasPrefix("one") } == (0..<50).map { "one \($0)" })
    }

    @Test("loses and reorders nothing when the target changes")
    func retargets() throws {
        let writer = try logs.attach(1, file("x.log", maxBytes: 4000, backups: 10_000))
        var expected: [UInt8] = []
        for round in 0..<50 {
            let part = lines(round * 100..<(round + 1) * 100)
            expected += part
            writer.write(part)
            let target = file("x.log", maxBytes: round % 2 == 0 ? 0 : 3000, backups: 10_000)
            logs.thread.post(.retarget(StreamID(rawValue: 1), target))
        }
        try logs.drain(1)
        #expect(chain("x.log") == expected)
        logs.thread.post(.retarget(StreamID(rawValue: 1), file("y.log")))
        // The answer to a tail says that the retargeting is done.
        _ = try logs.tail(StreamID(rawValue: 1), bytes: 0)
        writer.write("other\n")
        try logs.drain(1)
        #expect(text(logs.directory("y.log")) == "other\n")
        #expect(chain("x.log") == expected)
    }

    @Test("drains before it lets a stream go, and takes its number again")
    func detaches() throws {
        let first = try logs.attach(1, file("x.log"))
        first.write("first\n")
        logs.thread.post(.detach(StreamID(rawValue: 1), LogToken(rawValue: 9)))
        let second = try logs.attach(1, file("x.log"))
        second.write("second\n")
        try logs.drain(1)
        #expect(text(logs.directory("x.log")) == "first\nsecond\n")
    }

    @Test("answers for streams it does not know")
    func unknownStreams() throws {
        try logs.drain(77)
        #expect(try logs.tail(StreamID(rawValue: 77), bytes: 10) == .failure(.unknownStream))
        let ended = Box(false)
        logs.thread.post(
            .follow(FollowerID(rawValue: 1), StreamID(rawValue: 77), .last(0)) {
                if $0 == .ended(.unknownStream) { ended.set(true) }
            }
        )
        try eventually("the end") { ended.value }
        let writer = try logs.attach(1, .discard)
        writer.write([UInt8](repeating: 0, count: 300_000))
        #expect(try logs.tail(StreamID(rawValue: 1), bytes: 10) == .failure(.noLogFile))
    }

    @Test("reads a tail that has what the program wrote last")
    func tails() throws {
        let writer = try logs.attach(1, file("x.log"))
        writer.write([0xFF, 0x00, 0x0A])
        #expect(try logs.tail(StreamID(rawValue: 1), bytes: 100) == .success([0xFF, 0x00, 0x0A]))
    }

    @Test("lets the program run on when its log cannot be written, and says so once it can")
    func trouble() throws {
        let writer = try logs.attach(1, file("sub/x.log"))
        writer.write([UInt8](repeating: 120, count: 200_000))
        try logs.drain(1)
        try eventually("the count") { logs.trouble(1)?.lost == 200_000 }
        #expect(
            logs.trouble(1)?.text
                == "open \(logs.directory("sub/x.log")): No such file or directory"
        )
        mkdir(logs.directory("sub"), 0o700)
        writer.write("kept\n")
        try eventually("the end of the trouble") { logs.trouble(1)?.text == nil }
        #expect(logs.trouble(1)?.lost == 200_000)
        #expect(text(logs.directory("sub/x.log")) == "kept\n")
        #expect(logs.heard.all.count < 10)
    }

    @Test("reads on when the device is full")
    func fullDevice() throws {
        let writer = try logs.attach(1, .file(LogFileSettings(path: "/dev/full")))
        writer.write([UInt8](repeating: 120, count: 300_000))
        try logs.drain(1)
        try eventually("the count") { logs.trouble(1)?.lost == 300_000 }
        #expect(logs.trouble(1)?.text == "write /dev/full: No space left on device")
    }

    @Test("opens renamed files anew when told to")
    func reopens() throws {
        let writer = try logs.attach(1, file("x.log"))
        writer.write("old\n")
        try logs.drain(1)
        rename(logs.directory("x.log"), logs.directory("x.log-20261123"))
        logs.thread.post(.reopen(LogToken(rawValue: 0)))
        writer.write("new\n")
        try logs.drain(1)
        #expect(text(logs.directory("x.log")) == "new\n")
        #expect(text(logs.directory("x.log-20261123")) == "old\n")
    }

    @Test("clears what was written before, and only that")
    func clears() throws {
        let writer = try logs.attach(1, file("x.log", maxBytes: 1000, backups: 3))
        writer.write(lines(0..<500))
        try logs.clear(1)
        writer.write("new\n")
        try logs.drain(1)
        #expect(chain("x.log") == Array("new\n".utf8))
    }
}
