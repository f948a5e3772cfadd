// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

extension KernelTests {
    @Suite("A process that is not ours", .timeLimit(.minutes(10)))
    struct ProcessIdentityTests {
        /// A child that has become its program.
        private func start(_ script: String) throws -> Int32 {
            let program = try shell(script)
            let child = try Spawner().spawn(program, output: .null, error: .null)
            let pid = child.pid
            let report = child.takeReport()
            try eventually("exec") { SpawnReport.read(report, of: program) == .executed }
            return pid
        }

        private func opened(_ identity: ProcessIdentity?) throws -> PidDescriptor {
            guard let process = identity?.open() else { throw Timeout(awaited: "a descriptor") }
            return process
        }

        private func isOpen(_ identity: ProcessIdentity) -> Bool {
            switch identity.open() {
            case .some: true
            case .none: false
            }
        }

        @Test("is known again by its identity, and signalled by nothing else")
        func found() throws {
            let pid = try start("exec sleep 1000")
            let identity = try #require(ProcessIdentity.of(pid))
            #expect(identity == ProcessIdentity.of(pid))
            #expect(identity.startTicks > 0)
            #expect(identity != ProcessIdentity.of(getpid()))
            let process = try opened(identity)
            #expect(process.ending == .alive)
            #expect(process.hasExecuted == true)
            #expect(try process.send(.kill))
            try eventually("its end") { process.ending != .alive }
            #expect(process.ending == .ended(.signal(.kill, coreDumped: false)), "as a zombie")
            #expect(waitFor(pid) == SIGKILL)
            #expect(try !process.send(.kill), "nobody is left to get it")
            #expect(process.hasExecuted == nil)
            #expect(!isOpen(identity))
            #expect(ProcessIdentity.of(pid) == nil)
        }

        @Test("tells its true end, as a zombie and, where the kernel can, after that")
        func ending() throws {
            let pid = try start("exit 42")
            let process = try opened(ProcessIdentity.of(pid))
            try eventually("its end") { process.ending != .alive }
            #expect(process.ending == .ended(.code(42)))
            _ = waitFor(pid)
            let told = process.ending
            #expect(told == .ended(.code(42)) || told == .ended(.unknown))
            // Linux 6.15 keeps it for those who hold the descriptor.
            if kernelIs(atLeast: 6, 15) { #expect(told == .ended(.code(42))) }
        }

        @Test("is not taken for the one that had its pid before")
        func another() throws {
            let pid = try start("exec sleep 1000")
            let identity = try #require(ProcessIdentity.of(pid))
            let earlier = ProcessIdentity(
                pid: pid,
                startTicks: identity.startTicks - 1,
                inode: identity.inode == 0 ? 0 : identity.inode - 1
            )
            #expect(!isOpen(earlier))
            let byTime = ProcessIdentity(pid: pid, startTicks: identity.startTicks, inode: 0)
            #expect(isOpen(byTime), "the time of its start is enough")
            let wrongTime = ProcessIdentity(
                pid: pid,
                startTicks: identity.startTicks + 1,
                inode: 0
            )
            #expect(!isOpen(wrongTime))
            let nothing = ProcessIdentity(pid: pid, startTicks: 0, inode: 0)
            #expect(!isOpen(nothing), "a pid alone says nothing")
            kill(pid, SIGKILL)
            _ = waitFor(pid)
        }

        @Test("shows whether it has executed since it was made")
        func unexecuted() throws {
            // A shell that has stopped itself, and its child, which is nothing but a fork.
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw Timeout(awaited: "a pipe") }
            let reader = OwnedDescriptor(owning: ends[0])
            let writer = OwnedDescriptor(owning: ends[1])
            let child = try Spawner().spawn(
                shell("(kill -STOP $$; while :; do kill -STOP $$; done) & echo $!; wait"),
                output: .descriptor(writer.rawValue),
                error: .null
            )
            let parent = child.pid
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = read(reader.rawValue, &buffer, buffer.count)
            let text = String(decoding: buffer.prefix(max(0, count - 1)), as: UTF8.self)
            let process = try opened(ProcessIdentity.of(try #require(Int32(text))))
            #expect(process.hasExecuted == false)
            try eventually("the stop of its parent") { ProcessSignals.isStopped(parent) }
            try process.send(.kill)
            try eventually("its end") { process.ending != .alive }
            #expect(process.hasExecuted == false, "a zombie still tells")
            #expect(process.ending == .ended(.signal(.kill, coreDumped: false)))
            try ProcessSignals.send(.kill, to: parent)
            #expect(waitFor(parent) == SIGKILL)
        }

        @Test("cannot be made of numbers that are no pids", arguments: [0, -1, .max] as [Int32])
        func nonsense(_ pid: Int32) {
            #expect(ProcessIdentity.of(pid) == nil)
            #expect(!isOpen(ProcessIdentity(pid: pid, startTicks: 1, inode: 1)))
        }
    }
}

/// Whether this is Linux of a version or a later one.
private func kernelIs(atLeast major: Int, _ minor: Int) -> Bool {
    var name = utsname()
    uname(&name)
    let release = withUnsafeBytes(of: name.release) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let numbers = release.split { !$0.isNumber }.compactMap { Int($0) }
    guard numbers.count > 1 else { return false }
    return (numbers[0], numbers[1]) >= (major, minor)
}
