// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Synchronization
import Testing

@testable import Logs

@Suite("An output whose log is to be on another disk", .timeLimit(.minutes(10)))
struct MovedStreamTests {
    private let here: TemporaryDirectory
    private let there: String
    private let heard = LogFixture.Heard()
    private let threads: LogThreads
    private let id = StreamID(rawValue: 1)

    init() throws {
        here = try TemporaryDirectory()
        // A file system of its own nearly everywhere; where it is none, one thread does it all.
        there = "/dev/shm/\(here.path.dropFirst(5))"
        mkdir(there, 0o700)
        let heard = heard
        threads = try LogThreads { heard.note($0) }
    }

    /// Ends the threads, answers what is in the log on the other disk, and clears up.
    private func end() -> String {
        threads.post(.shutdown)
        threads.join()
        defer {
            unlink(there + "/y.log")
            rmdir(there)
        }
        return text(there + "/y.log")
    }

    private func attach(_ id: StreamID, _ path: String) throws -> Writer {
        let fifo = here("fifo.\(id.rawValue)")
        let reader = try Fifo.make(fifo)
        let writer = try Writer(fifo)
        threads.post(.attach(id, reader: reader.release(), file(path)))
        return writer
    }

    private func file(_ path: String) -> LogTarget { .file(LogFileSettings(path: path)) }

    @Test("is written there by whoever writes there already, so that nothing is overwritten")
    func shared() throws {
        let (isHeld, isFree) = (Box(false), Box(false))
        let (other, third) = (StreamID(rawValue: 2), StreamID(rawValue: 3))
        let moved = try attach(id, here("x.log"))
        let settled = try attach(other, there + "/y.log")
        let witness = try attach(third, here("z.log"))
        threads.post(
            .follow(FollowerID(rawValue: 1), other, .last(0)) { update in
                guard case .bytes = update else { return }
                isHeld.set(true)
                while !isFree.value {}
            }
        )
        settled.write("settled\n")
        try eventually("the other thread to wait") { isHeld.value }
        threads.post(.retarget(id, file(there + "/y.log")))
        moved.write("moved\n")
        threads.post(.drain(id, LogToken(rawValue: 1)))
        witness.write("witness\n")
        threads.post(.drain(third, LogToken(rawValue: 2)))
        try eventually("its own to go on") { heard.all.contains(.drained(LogToken(rawValue: 2))) }
        #expect(text(there + "/y.log") == "settled\n")
        isFree.set(true)
        #expect(end() == "settled\nmoved\n")
        #expect(text(here("x.log")).isEmpty)
        #expect(text(here("z.log")) == "witness\n")
    }

    @Test("takes along who follows it, and what was asked of it while its disk kept it waiting")
    func waited() throws {
        let (isHeld, isFree) = (Box(false), Box(false))
        let followed = Box<[UInt8]>([])
        let writer = try attach(id, here("x.log"))
        threads.post(
            .follow(FollowerID(rawValue: 1), id, .last(0)) { update in
                guard case .bytes(let bytes) = update else { return }
                followed.change { $0 += bytes }
                isHeld.set(true)
                while !isFree.value {}
            }
        )
        writer.write("one\n")
        try eventually("the thread to wait") { isHeld.value }
        threads.post(.retarget(id, file(there + "/y.log")))
        writer.write("two\n")
        let tail = Box<Result<[UInt8], LogReadError>?>(nil)
        threads.post(.readTail(id, bytes: 100) { tail.set($0) })
        threads.post(.drain(id, LogToken(rawValue: 1)))
        let later = MonotonicClock.now().advanced(by: .seconds(9))
        #expect(threads.silence(of: id, at: later) != nil, "its disk is said not to answer")
        threads.post(.shutdown)
        isFree.set(true)
        #expect(end() == "two\n")
        #expect(text(here("x.log")) == "one\n")
        #expect(tail.value == .success(Array("two\n".utf8)))
        #expect(heard.all.contains(.drained(LogToken(rawValue: 1))))
        #expect(heard.all.last == .ended)
        #expect(String(decoding: followed.value, as: UTF8.self) == "one\ntwo\n")
    }

    @Test("comes to the last of many logs")
    func backAndForth() throws {
        let writer = try attach(id, here("x.log"))
        for _ in 0..<50 {
            threads.post(.retarget(id, file(there + "/y.log")))
            threads.post(.retarget(id, file(here("x.log"))))
        }
        threads.post(.drain(id, LogToken(rawValue: 1)))
        try eventually("it to be there") { heard.all.contains(.drained(LogToken(rawValue: 1))) }
        writer.write("last\n")
        #expect(end().isEmpty)
        #expect(text(here("x.log")) == "last\n")
    }
}
