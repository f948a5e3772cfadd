// SPDX-License-Identifier: Apache-2.0

import Glibc
import Supervision
import Testing

@testable import Platform

/// The inode that a descriptor leads to, which says what it is a copy of.
private func inode(_ descriptor: Int32) -> UInt64 {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
}

/// The two ends of a pipe, close-on-exec.
private func pipeEnds() -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

/// A pipe of which the reader is kept.
private func reader() -> OwnedDescriptor {
    let ends = pipeEnds()
    close(ends.writer)
    return OwnedDescriptor(owning: ends.reader)
}

extension KernelTests {
    @Suite("A guardian", .timeLimit(.minutes(10)))
    struct GuardianTests {
        @Test("welcomes its first manager, started like any program")
        func welcome() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            let welcome = try manager.link.hello()
            #expect(welcome.start == 1)
            #expect(welcome.guardian == probe.pid)
            #expect(welcome.lastExit == nil)
            #expect(welcome.recentCrashes == 0)
            #expect(!welcome.cameByUpgrade && !welcome.wasRolledBack)
            #expect(welcome.text == "")
            #expect(manager.hasCleanSignals)
            #expect(try manager.ask("l").0 == Int32(clamping: welcome.openFiles))
            #expect(try FileLimits.current().soft == welcome.openFiles)
            let role = try manager.ask("r")
            #expect(role == (0, 0), "what is meant for others is not in its environment")
        }

        @Test("gives the ready channel to the first manager alone")
        func readyChannel() throws {
            let ends = pipeEnds()
            let reading = OwnedDescriptor(owning: ends.reader)
            let probe = try GuardedProbe(readyChannel: ends.writer)
            close(ends.writer)
            let first = try probe.manager()
            _ = try first.establish()
            #expect(try first.ask("r").0 == 1)
            first.order("x", 1)
            let second = try probe.manager()
            #expect(try second.ask("r").0 == 0)
            var byte: UInt8 = 0
            #expect(read(reading.rawValue, &byte, 1) == 0, "nobody holds it any more")
        }

        @Test("says when it has no numbers left for what it is to keep")
        func refuses() throws {
            let probe = try GuardedProbe()
            let first = try probe.manager()
            _ = try first.establish()
            #expect(system("prlimit --pid \(probe.pid) --nofile=40:40") == 0)
            let kept = reader()
            first.link.store((0..<100).map { (slot: $0, descriptor: kept.rawValue) })
            try eventually("the refusal") {
                first.link.flush()
                #expect(first.link.nextExit() == nil)
                return first.link.refused > 0
            }
            // It goes on as before.
            first.order("k", SIGKILL)
            let second = try probe.manager()
            #expect(try second.link.hello().start == 2)
            #expect(try second.link.fetch().isEmpty)
        }

        @Test("keeps a thousand descriptors for the next manager")
        func store() throws {
            let probe = try GuardedProbe()
            let first = try probe.manager()
            _ = try first.establish()
            let kept = reader()
            let other = reader()
            first.link.store((0..<1000).map { (slot: $0 * 3, descriptor: kept.rawValue) })
            try eventually("room") {
                first.link.flush()
                return !first.link.wantsWrite
            }
            first.link.store([(slot: 65535, descriptor: other.rawValue)])
            first.order("k", SIGKILL)
            let second = try probe.manager()
            let welcome = try second.link.hello()
            #expect(welcome.lastExit == .signal(.kill, coreDumped: false))
            #expect(welcome.start == 2 && welcome.recentCrashes == 1)
            let stored = try second.fetch()
            defer { stored.values.forEach { close($0) } }
            #expect(stored.count == 1001)
            #expect(Set(stored.keys) == Set((0..<1000).map { $0 * 3 } + [65535]))
            #expect(stored[65535].map(inode) == inode(other.rawValue))
            let strays = stored.filter { $0.key < 65535 && inode($0.value) != inode(kept.rawValue) }
            #expect(strays.isEmpty)
            #expect(stored.values.allSatisfy { fcntl($0, F_GETFD) == FD_CLOEXEC })
        }

        @Test("replaces and drops descriptors without keeping copies")
        func dropping() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.establish()
            let ends = pipeEnds()
            let reading = OwnedDescriptor(owning: ends.reader)
            let other = reader()
            manager.link.store([(slot: 5, descriptor: ends.writer)])
            manager.link.store([(slot: 5, descriptor: other.rawValue)])
            manager.link.store((100..<400).map { (slot: $0, descriptor: ends.writer) })
            manager.link.drop(Array(100..<400) + [77])
            let stored = try manager.fetch()
            defer { stored.values.forEach { close($0) } }
            #expect(stored.mapValues(inode) == [5: inode(other.rawValue)])
            close(ends.writer)
            var watched = pollfd(fd: reading.rawValue, events: Int16(POLLIN), revents: 0)
            #expect(poll(&watched, 1, 0) == 1, "the last writer has gone")
        }

        @Test("moves descriptors to other places, and closes what was there")
        func moving() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.establish()
            let ends = pipeEnds()
            let reading = OwnedDescriptor(owning: ends.reader)
            let other = reader()
            manager.link.store((0..<300).map { (slot: $0, descriptor: other.rawValue) })
            manager.link.store((1000..<1300).map { (slot: $0, descriptor: ends.writer) })
            manager.link.move((0..<300).map { (from: $0, to: 1000 + $0) })
            let stored = try manager.fetch()
            defer { stored.values.forEach { close($0) } }
            #expect(stored.count == 300)
            #expect(stored.keys.allSatisfy { (1000..<1300).contains($0) })
            #expect(stored.values.allSatisfy { inode($0) == inode(other.rawValue) })
            close(ends.writer)
            var watched = pollfd(fd: reading.rawValue, events: Int16(POLLIN), revents: 0)
            #expect(poll(&watched, 1, 0) == 1, "the last writer has gone")
        }

        @Test("tells an exit, true status and all, and reaps after its acknowledgement")
        func exits() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.establish()
            let expected: [(Int32, Supervision.ExitStatus)] = [
                (0, .code(0)), (42, .code(42)), (255, .code(255)),
                (-SIGKILL, .signal(.kill, coreDumped: false)),
                (-SIGTERM, .signal(.terminate, coreDumped: false)),
            ]
            for (ending, status) in expected {
                let pid = try manager.program(ending)
                #expect(try manager.exit() == ReapedChild(pid: pid, status: status))
                #expect(GuardedProbe.state(of: pid) == "Z")
                manager.link.acknowledge(pid)
                try eventually("the reaping") { GuardedProbe.state(of: pid) == nil }
            }
        }

        @Test("tells one exit at a time")
        func oneAtATime() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.establish()
            let pids = try (1...3).map { try manager.program($0) }
            try eventually("three ends") {
                pids.allSatisfy { GuardedProbe.state(of: $0) == "Z" }
            }
            var told: [Int32] = []
            for _ in pids {
                let exit = try manager.exit()
                // An answer to a later question shows that nothing was sent before it.
                _ = try manager.fetch()
                #expect(manager.link.nextExit() == nil)
                manager.link.acknowledge(exit.pid + 100_000)
                _ = try manager.fetch()
                #expect(manager.link.nextExit() == nil, "that was no acknowledgement of it")
                told.append(exit.pid)
                manager.link.acknowledge(exit.pid)
            }
            #expect(Set(told) == Set(pids))
        }

        @Test("tells nothing before the manager listens")
        func listening() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.link.hello()
            let pid = try manager.program(3)
            try eventually("its end") { GuardedProbe.state(of: pid) == "Z" }
            _ = try manager.fetch()
            #expect(manager.link.nextExit() == nil)
            manager.link.listen()
            #expect(try manager.exit() == ReapedChild(pid: pid, status: .code(3)))
        }

        @Test("tells an unacknowledged exit again to the next manager")
        func toldAgain() throws {
            let probe = try GuardedProbe()
            let first = try probe.manager()
            _ = try first.establish()
            let pids = try [first.program(7), first.program(8)]
            let told = try first.exit()
            first.order("k", SIGKILL)
            let second = try probe.manager()
            _ = try second.establish()
            let again = try second.exit()
            second.link.acknowledge(again.pid)
            let last = try second.exit()
            second.link.acknowledge(last.pid)
            #expect(Set([again.pid, last.pid]) == Set(pids))
            #expect(again == told || last == told)
        }

        @Test("counts an acknowledgement that was sent right before the manager's death")
        func acknowledgedInTheLastMoment() throws {
            let probe = try GuardedProbe()
            let first = try probe.manager()
            _ = try first.establish()
            let pid = try first.program(7)
            _ = try first.exit()
            kill(probe.pid, SIGSTOP)
            first.link.acknowledge(pid)
            first.link.store([(slot: 9, descriptor: 0)])
            first.order("k", SIGKILL)
            try eventually("its death") { GuardedProbe.state(of: first.pid) == "Z" }
            kill(probe.pid, SIGCONT)
            let second = try probe.manager()
            #expect(GuardedProbe.state(of: pid) == nil)
            _ = try second.link.hello()
            let stored = try second.fetch()
            stored.values.forEach { close($0) }
            #expect(Array(stored.keys) == [9])
        }

        @Test("adopts orphans and tells their exits like all others")
        func orphans() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.establish()
            let orphan = try manager.ask("o", 33).0
            let parent = try manager.exit()
            #expect(parent.status == .code(0))
            manager.link.acknowledge(parent.pid)
            #expect(try manager.exit() == ReapedChild(pid: orphan, status: .code(33)))
        }
    }
}
