// SPDX-License-Identifier: Apache-2.0

import Glibc
import Supervision
import SystemPackage
import Testing

@testable import Platform

@Suite("A reactor", .timeLimit(.minutes(10)))
struct ReactorTests {
    private struct Pipe: ~Copyable {
        let reader: OwnedDescriptor
        let writer: OwnedDescriptor

        init() throws {
            var ends: [Int32] = [-1, -1]
            _ = try retrying("pipe") { pipe(&ends) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            reader = OwnedDescriptor(owning: ends[0])
            writer = OwnedDescriptor(owning: ends[1])
        }

        consuming func closeWriter() -> OwnedDescriptor {
            reader
        }
    }

    private func events(
        _ reactor: inout Reactor,
        within timeout: Duration? = .zero
    ) throws -> [Reactor.Event] {
        var events: [Reactor.Event] = []
        try reactor.wait(timeout: timeout, into: &events)
        return events
    }

    @Test("tells what is ready by its token, again until it is read")
    func tells() throws {
        var reactor = try Reactor()
        let pipe = try Pipe()
        try reactor.add(pipe.reader, token: 7)
        #expect(try events(&reactor).isEmpty)
        #expect(write(pipe.writer.rawValue, "x", 1) == 1)
        for _ in 1...2 {
            let told = try events(&reactor)
            #expect(told.map(\.token) == [7])
            #expect(told.map(\.readiness) == [.readable])
        }
        try reactor.modify(pipe.reader, token: 8, for: [])
        #expect(try events(&reactor).isEmpty)
        try reactor.modify(pipe.reader, token: 9, for: .readable)
        #expect(try events(&reactor).first?.token == 9)
        try reactor.remove(pipe.reader)
        #expect(try events(&reactor).isEmpty)
    }

    @Test("watches what it could not watch at first, as soon as it can")
    func watchesLater() throws {
        var reactor = try Reactor()
        let pipe = try Pipe()
        let other = try Pipe()
        reactor.setAside(pipe.reader, token: 7, for: .readable)
        reactor.setAside(other.reader, token: 8, for: .readable)
        try reactor.modify(pipe.reader, token: 9, for: .readable)
        try reactor.remove(other.reader)
        #expect(try events(&reactor).isEmpty)
        #expect(write(pipe.writer.rawValue, "x", 1) == 1)
        #expect(try events(&reactor, within: nil).map(\.token) == [9])
        try reactor.remove(pipe.reader)
        #expect(try events(&reactor).isEmpty)
    }

    @Test("has what it cannot watch looked at all the same")
    func cannotWatch() throws {
        var reactor = try Reactor()
        // A file is nothing that the kernel watches.
        let file = OwnedDescriptor(owning: open("/etc/passwd", O_RDONLY | O_CLOEXEC))
        reactor.setAside(file, token: 7, for: .readable)
        #expect(try events(&reactor, within: nil).map(\.token) == [7])
        #expect(try events(&reactor, within: .seconds(1000)).map(\.token) == [7])
        try reactor.remove(file)
        #expect(try events(&reactor).isEmpty)
    }

    @Test("tells a hangup even where nothing was asked for")
    func hangup() throws {
        var reactor = try Reactor()
        let pipe = try Pipe()
        try reactor.add(pipe.reader, token: 1, for: [])
        #expect(write(pipe.writer.rawValue, "x", 1) == 1)
        #expect(try events(&reactor).isEmpty)
        let reader = pipe.closeWriter()
        #expect(try events(&reactor, within: .seconds(20)).first?.readiness == .hangup)
        _ = consume reader
    }

    @Test(
        "waits as long as it was told, however long that is",
        arguments: [.seconds(Int64.max), .nanoseconds(Int64.max), nil] as [Duration?]
    )
    func longTimeouts(_ timeout: Duration?) throws {
        var reactor = try Reactor()
        let pipe = try Pipe()
        try reactor.add(pipe.reader, token: 1)
        #expect(write(pipe.writer.rawValue, "x", 1) == 1)
        #expect(try events(&reactor, within: timeout).count == 1)
    }

    @Test("returns after a deadline and not before it, even by less than a millisecond")
    func roundsUp() throws {
        var reactor = try Reactor()
        for _ in 1...20 {
            let deadline = MonotonicClock.now().advanced(by: .nanoseconds(300_001))
            let rest = deadline.duration(since: MonotonicClock.now())
            #expect(try events(&reactor, within: rest).isEmpty)
            #expect(MonotonicClock.now() >= deadline)
        }
        #expect(try events(&reactor, within: .seconds(-5)).isEmpty)
    }

    @Test("says which call failed")
    func fails() throws {
        let reactor = try Reactor()
        let pipe = try Pipe()
        #expect(throws: SystemError("epoll_ctl", errno: .noSuchFileOrDirectory)) {
            try reactor.remove(pipe.reader)
        }
    }
}

@Suite("A system error")
struct SystemErrorTests {
    @Test("says what was attempted, on what, and why")
    func describes() {
        #expect(
            SystemError("open", "/x", errno: .permissionDenied).description
                == "open /x: Permission denied"
        )
        #expect(
            SystemError("fork", errno: .resourceTemporarilyUnavailable).description
                == "fork: Resource temporarily unavailable"
        )
    }

    @Test("is thrown for a failed call, but not for an interrupted one")
    func retries() throws {
        var calls = 0
        let result: Int32 = try retrying("call") {
            calls += 1
            errno = EINTR
            return calls < 3 ? -1 : 5
        }
        #expect(result == 5)
        #expect(throws: SystemError("call", "x", errno: .ioError)) {
            try retrying("call", "x") { () -> Int32 in
                errno = EIO
                return -1
            }
        }
    }
}
