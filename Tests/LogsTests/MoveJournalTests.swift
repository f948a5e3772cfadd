// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

@Suite("What is noted of moves", .timeLimit(.minutes(10)))
struct MoveJournalTests {
    private let directory: TemporaryDirectory
    private let pipe: DescriptorBox
    private let writer: Writer
    private let journal: MoveJournal
    private let line: MoveLine
    private let identity: FileStatus.Identity

    init() throws {
        directory = try TemporaryDirectory()
        pipe = DescriptorBox(try Fifo.make(directory("fifo")))
        writer = try Writer(directory("fifo"))
        journal = try MoveJournal()
        line = try #require(journal.makeLine())
        identity = try #require(pipe.identity)
    }

    /// The journal as the next manager gets it.
    private func next() throws -> MoveJournal {
        let kept = try OwnedDescriptor.duplicate(of: journal.memory.rawValue)
        let next = MoveJournal(keptBy: kept)
        return try #require(next)
    }

    /// A log that holds a text, and what the next manager makes of one with the same text in the pipe.
    private func log(_ text: String) throws -> OpenLog {
        let file = RotatingFile(LogFileSettings(path: directory("x.log")), at: MonotonicClock.now())
        #expect(file.append(Array(text.utf8)[...], at: MonotonicClock.now()) == 0)
        return try #require(file.log)
    }

    private func begin(_ count: Int, of log: OpenLog, at offset: Int) {
        line.begin(count, of: identity, to: log.identity, at: offset)
    }

    /// What is left in the pipe once the next manager has finished what was begun.
    private func rest(_ log: OpenLog) throws -> String {
        let next = try next()
        let scratch = Scratch(next.makeLine())
        let move = try #require(next.take(of: identity))
        _ = scratch.finish(move, from: pipe, in: log)
        next.end(move)
        #expect(next.take(of: move.pipe) == nil)
        #expect(try self.next().take(of: move.pipe) == nil)
        return String(decoding: try scratch.peek(pipe.descriptor, upTo: 100), as: UTF8.self)
    }

    @Test("takes out of the pipe what is in the log")
    func written() throws {
        let log = try log("before, a line, and")
        writer.write("a line, and more")
        begin(11, of: log, at: 8)
        #expect(try rest(log) == " more")
    }

    @Test("takes out no more than is in the log")
    func writtenInPart() throws {
        let log = try log("before, a li")
        writer.write("a line, and more")
        begin(11, of: log, at: 8)
        #expect(try rest(log) == "ne, and more")
    }

    @Test("leaves what is not in the log, or no more in the pipe")
    func notWritten() throws {
        let log = try log("before, a line")
        writer.write("b line, and more")
        begin(6, of: log, at: 8)
        #expect(try rest(log) == "b line, and more")
    }

    @Test("leaves what came after all was done, though it is shorter")
    func shorter() throws {
        let log = try log("before, a line")
        writer.write("a l")
        begin(6, of: log, at: 8)
        #expect(try rest(log) == "a l")
    }

    @Test("leaves all where the log is another file, or shorter than it was")
    func otherFile() throws {
        let first = try log("a line")
        begin(6, of: first, at: 0)
        rename(directory("x.log"), directory("y.log"))
        writer.write("a line")
        #expect(try rest(try log("a line")) == "a line")
        begin(6, of: first, at: 100)
        #expect(try rest(first) == "a line")
    }

    @Test("is nothing once it has ended")
    func ended() throws {
        let log = try log("a line")
        begin(6, of: log, at: 0)
        line.end()
        #expect(try next().take(of: identity) == nil)
    }

    @Test("outlives managers that do not come to it")
    func kept() throws {
        let log = try log("a line")
        begin(6, of: log, at: 0)
        let second = try next()
        while let line = second.makeLine() { line.end() }
        #expect(try next().take(of: identity) != nil)
    }

    @Test("is not read where another version has written it")
    func foreign() throws {
        for count in [0, 1, 4096] {
            let bytes = [UInt8](repeating: 1, count: count)
            let memory = try MemoryFile.make("test", bytes)
            let journal = MoveJournal(keptBy: memory)
            #expect(journal == nil)
        }
    }

    @Test("is not relied on when nobody keeps it")
    func lost() throws {
        let log = try log("")
        let scratch = Scratch(line)
        journal.isLost()
        writer.write("a line")
        #expect(try scratch.move(from: pipe, to: log, at: 0, upTo: 100) == 6)
        #expect(contents(directory("x.log")) == Array("a line".utf8))
    }
}
