// SPDX-License-Identifier: Apache-2.0

import Glibc
import Supervision
import Testing

@testable import Platform

extension KernelTests {
    @Suite("A guardian whose manager ends", .timeLimit(.minutes(10)))
    struct GuardianRestartTests {
        @Test(
            "ends as the manager did when it was not ready yet",
            arguments: [("x", 0, 0), ("x", 7, 7), ("k", SIGKILL, 137)] as [(String, Int32, Int32)]
        )
        func beforeReady(how: String, value: Int32, expected: Int32) throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.link.hello()
            manager.link.listen()
            manager.order(Character(how), value)
            #expect(probe.end() == expected)
        }

        @Test("ends with the status of a farewell")
        func farewell() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.establish()
            manager.link.farewell(42)
            manager.order("x", 1)
            #expect(probe.end() == 42)
        }

        @Test("starts another after a crash, and waits between them after too many")
        func backOff() throws {
            let probe = try GuardedProbe(GuardedProbe.Limits(burst: 2, pause: 100))
            for start in 1...5 {
                let manager = try probe.manager()
                let begin = ContinuousClock.now
                let welcome = try manager.establish()
                #expect(welcome.start == start)
                #expect(welcome.recentCrashes == start - 1)
                manager.order("x", Int32(start))
                guard start > 2 else { continue }
                let next = try probe.manager()
                #expect(ContinuousClock.now - begin >= .milliseconds(100))
                _ = try next.link.hello()
                return
            }
        }

        @Test("waits for as long as it was told after too many crashes, but not for the end")
        func endDuringPause() throws {
            let probe = try GuardedProbe(GuardedProbe.Limits(burst: 0))
            let first = try probe.manager()
            _ = try first.establish()
            first.order("x", 1)
            try eventually("its reaping") { GuardedProbe.state(of: first.pid) == nil }
            #expect(!probe.hasAnotherManager)
            kill(probe.pid, SIGTERM)
            let second = try probe.manager()
            _ = try second.establish()
            #expect(try second.ask("w").0 == SIGTERM)
            second.link.farewell(0)
            second.order("x", 1)
            #expect(probe.end() == 0)
        }

        @Test("gives the next one the reason of the last")
        func failed() throws {
            let probe = try GuardedProbe()
            let first = try probe.manager()
            _ = try first.establish()
            first.link.failed("the state is of another boot")
            first.order("x", 70)
            let second = try probe.manager()
            let welcome = try second.establish()
            #expect(welcome.text == "the state is of another boot")
            #expect(welcome.lastExit == .code(70))
            second.order("x", 1)
            let third = try probe.manager()
            #expect(try third.link.hello().text == "", "it was told to one that ran")
        }

        @Test("kills a manager that is stopped and does not continue")
        func stopped() throws {
            let probe = try GuardedProbe(GuardedProbe.Limits(patience: 50))
            let first = try probe.manager()
            _ = try first.establish()
            first.order("k", SIGSTOP)
            let second = try probe.manager()
            #expect(try second.link.hello().lastExit == .signal(.kill, coreDumped: false))
        }

        @Test("kills a manager that leaves an exit unacknowledged")
        func unacknowledged() throws {
            let probe = try GuardedProbe(GuardedProbe.Limits(patience: 500))
            let first = try probe.manager()
            _ = try first.establish()
            let pid = try first.program(5)
            let second = try probe.manager()
            #expect(try second.establish().lastExit == .signal(.kill, coreDumped: false))
            #expect(try second.exit() == ReapedChild(pid: pid, status: .code(5)))
            second.link.acknowledge(pid)
        }

        @Test("passes signals on, with their sender, once the next manager listens")
        func signals() throws {
            let probe = try GuardedProbe()
            let first = try probe.manager()
            _ = try first.establish()
            for signal in [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM] {
                kill(probe.pid, signal)
                #expect(try first.ask("w") == (signal, getpid()))
            }
            first.order("x", 1)
            let second = try probe.manager()
            kill(probe.pid, SIGHUP)
            _ = try second.establish()
            let got = try [second.ask("w").0, second.ask("w").0]
            #expect(Set(got) == [SIGHUP, SIGTERM], "the end is asked for again")
        }

        @Test("gives up on an end that one manager after the other dies of")
        func neverEnding() throws {
            let probe = try GuardedProbe()
            kill(try establishedManager(of: probe).pid, SIGKILL)
            var manager = try establishedManager(of: probe)
            kill(probe.pid, SIGINT)
            for _ in 1...4 {
                #expect(try manager.ask("w").0 == SIGINT)
                manager.order("x", 3)
                manager = try establishedManager(of: probe)
            }
            manager.order("x", 3)
            #expect(probe.end() == 1)
        }

        private func establishedManager(of probe: GuardedProbe) throws -> Puppet {
            let manager = try probe.manager()
            _ = try manager.establish()
            return manager
        }

        @Test("ends a manager that is not ready yet by a signal, and itself")
        func signalBeforeReady() throws {
            let probe = try GuardedProbe()
            let manager = try probe.manager()
            _ = try manager.ask("u")
            kill(probe.pid, SIGTERM)
            #expect(probe.end() == 128 + SIGTERM)
        }

        @Test("executes an upgrade after the manager's end, and stays with it")
        func upgrade() throws {
            let probe = try GuardedProbe()
            let copy = try copiedProbe()
            let first = try establishedManager(of: probe)
            first.link.upgrade(to: try opened(copy.path))
            first.order("x", 0)
            for isOnTrial in [true, false] {
                let next = try probe.manager()
                #expect(try next.establish().cameByUpgrade == isOnTrial)
                #expect(try executable(of: next) == copy.path)
                kill(next.pid, SIGKILL)
            }
        }

        @Test("goes back when the upgrade dies before it is ready")
        func rollback() throws {
            let probe = try GuardedProbe()
            let first = try establishedManager(of: probe)
            let copy = try copiedProbe()
            first.link.upgrade(to: try opened(copy.path))
            first.order("x", 0)
            let second = try probe.manager()
            #expect(try second.link.hello().cameByUpgrade)
            second.link.failed("state of version 9")
            second.order("x", 9)
            let third = try probe.manager()
            let welcome = try third.establish()
            #expect(welcome.wasRolledBack && !welcome.cameByUpgrade)
            #expect(welcome.text == "state of version 9")
            #expect(welcome.lastExit == .code(9))
            #expect(welcome.recentCrashes == 0)
            #expect(try executable(of: third) == GuardedProbe.executable)
        }

        @Test("goes back when the upgrade cannot be executed or does not become ready")
        func hopeless() throws {
            let probe = try GuardedProbe(GuardedProbe.Limits(patience: 2000))
            let first = try establishedManager(of: probe)
            let folder = Folder()
            first.link.upgrade(to: try opened(folder.file("text", "text\n", mode: 0o755)))
            first.order("x", 0)
            let second = try probe.manager()
            let welcome = try second.establish()
            #expect(welcome.wasRolledBack && welcome.lastExit == .code(127))
            #expect(welcome.text == "it cannot be executed: Exec format error")
            second.link.upgrade(to: try opened(GuardedProbe.executable))
            second.order("x", 0)
            let third = try probe.manager()
            #expect(try third.link.hello().cameByUpgrade)
            let fourth = try probe.manager()
            let last = try fourth.establish()
            #expect(last.wasRolledBack && last.lastExit == .signal(.kill, coreDumped: false))
        }

        private func copiedProbe() throws -> (path: String, folder: Folder) {
            let folder = Folder()
            let path = folder.path + "/copy"
            #expect(system("cp '\(GuardedProbe.executable)' '\(path)'") == 0)
            return (path, folder)
        }

        private func opened(_ path: String) throws -> OwnedDescriptor {
            OwnedDescriptor(owning: try retrying("open", path) { open(path, O_RDONLY | O_CLOEXEC) })
        }

        private func executable(of manager: Puppet) throws -> String {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let length = readlink("/proc/\(manager.pid)/exe", &buffer, buffer.count)
            return String(decoding: buffer.prefix(max(0, length)).map(UInt8.init), as: UTF8.self)
        }

        @Test("loses no exit, and tells none wrong, while managers are killed")
        func chaos() throws {
            let pipe = try #require(popen("\(GuardedProbe.executable) chaos 4000 400", "r"))
            let text = drain(fileno(pipe))
            #expect(pclose(pipe) == 0, "\(text)")
        }
    }
}
