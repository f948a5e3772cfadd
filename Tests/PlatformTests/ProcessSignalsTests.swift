// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import SystemPackage
import Testing

extension KernelTests {
    @Suite("Signals to processes", .timeLimit(.minutes(10)))
    struct ProcessSignalsTests {
        /// A shell with a background child, both in the group of the shell; its pid and the child's.
        private func pair() throws -> (leader: Int32, member: Int32) {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw Timeout(awaited: "a pipe") }
            let reader = OwnedDescriptor(owning: ends[0])
            let writer = OwnedDescriptor(owning: ends[1])
            let child = try Spawner().spawn(
                shell("sleep 1000 & echo $!; wait"),
                output: .descriptor(writer.rawValue),
                error: .null
            )
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = read(reader.rawValue, &buffer, buffer.count)
            let text = String(decoding: buffer.prefix(max(0, count - 1)), as: UTF8.self)
            return (child.pid, try #require(Int32(text)))
        }

        @Test("reach a whole group, which is empty when the last of it is gone")
        func group() throws {
            let (leader, member) = try pair()
            #expect(!ProcessSignals.groupIsEmpty(leader))
            #expect(!ProcessSignals.groupHasOnlyZombies(leader))
            try ProcessSignals.send(.kill, to: leader)
            #expect(waitFor(leader) == SIGKILL)
            // The leader is gone, its child is not: the group outlives it.
            #expect(!ProcessSignals.groupIsEmpty(leader))
            #expect(try ProcessSignals.send(.kill, toGroup: leader, leaderIsOurs: false))
            // Whoever adopted the member may take his time to reap it.
            try eventually("the end of \(member)") { ProcessSignals.groupHasOnlyZombies(leader) }
            try eventually("an empty group") { ProcessSignals.groupIsEmpty(leader) }
            #expect(try !ProcessSignals.send(.kill, toGroup: leader, leaderIsOurs: false))
        }

        @Test("reach a child that does not lead its group yet")
        func youngLeader() throws {
            // The member stands for a child before its first step: alive, and no leader.
            let (leader, member) = try pair()
            #expect(try !ProcessSignals.send(.terminate, toGroup: member, leaderIsOurs: false))
            #expect(try ProcessSignals.send(.terminate, toGroup: member, leaderIsOurs: true))
            #expect(waitFor(leader) == 0, "the shell ends once its child has")
        }

        @Test("to a process that is gone are told apart from those that fail")
        func gone() throws {
            let child = try Spawner().spawn(shell("exit 0"), output: .null, error: .null)
            let pid = child.pid
            _ = waitFor(pid)
            #expect(try !ProcessSignals.send(.terminate, to: pid))
        }

        @Test("never go to everybody, whatever the pid", arguments: [-1, 0, 1, -7] as [Int32])
        func refuses(_ pid: Int32) {
            #expect(throws: SystemError("kill", "\(pid)", errno: .invalidArgument)) {
                try ProcessSignals.send(.continue, to: pid)
            }
            #expect(throws: SystemError("kill", "-\(pid)", errno: .invalidArgument)) {
                try ProcessSignals.send(.continue, toGroup: pid, leaderIsOurs: true)
            }
            #expect(ProcessSignals.groupIsEmpty(pid))
        }

        @Test("show who is stopped, also under a name made to mislead")
        func stopped() throws {
            let folder = Folder()
            let path = "\(folder.path)/x) T 1 1 ("
            symlink("/bin/sleep", path)
            let program = try PreparedProgram(
                arguments: ["sleep", "1000"],
                environment: [],
                candidates: [path]
            )
            let child = try Spawner().spawn(program, output: .null, error: .null)
            let pid = child.pid
            let report = child.takeReport()
            try eventually("exec") { SpawnReport.read(report, of: program) == .executed }
            #expect(!ProcessSignals.isStopped(pid))
            try ProcessSignals.send(.stop, to: pid)
            try eventually("the stop") { ProcessSignals.isStopped(pid) }
            try ProcessSignals.send(.continue, to: pid)
            try eventually("the continuation") { !ProcessSignals.isStopped(pid) }
            try ProcessSignals.send(.kill, toGroup: pid, leaderIsOurs: true)
            #expect(waitFor(pid) == SIGKILL)
            #expect(!ProcessSignals.isStopped(pid))
        }
    }
}
