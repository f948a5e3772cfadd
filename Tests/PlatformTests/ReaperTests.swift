// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

extension KernelTests {
    /// Collecting any child would take those of other tests, so these run in processes of their own.
    @Suite("A reaper", .timeLimit(.minutes(10)))
    struct ReaperTests {
        @Test(
            "reads exit codes, signals and the core flag",
            arguments: [
                (0, Supervision.ExitStatus.code(0)), (0x0300, .code(3)), (0xff00, .code(255)),
                (15, .signal(.terminate, coreDumped: false)),
                (11, .signal(.segmentationFault, coreDumped: false)),
                (0x80 | 11, .signal(.segmentationFault, coreDumped: true)), (0x7f, .unknown),
            ] as [(Int32, Supervision.ExitStatus)]
        )
        func decodes(_ word: Int32, _ status: Supervision.ExitStatus) {
            #expect(Supervision.ExitStatus(waitStatus: word) == status)
        }

        @Test("collects the child that it is asked for and no other")
        func collectsOne() throws {
            let spawner = try Spawner()
            let sleeper = try spawner.spawn(shell("sleep 100"), output: .null, error: .null)
            let short = try spawner.spawn(shell("exit 7"), output: .null, error: .null)
            let (sleeping, pid) = (sleeper.pid, short.pid)
            var found: ReapedChild?
            try eventually("the exit") {
                found = Reaper.reap(pid: pid)
                return found != nil
            }
            #expect(found == ReapedChild(pid: pid, status: .code(7)))
            #expect(Reaper.reap(pid: pid) == nil)
            #expect(Reaper.reap(pid: sleeping) == nil)
            try ProcessSignals.send(.kill, to: sleeping)
            try eventually("the kill") {
                found = Reaper.reap(pid: sleeping)
                return found != nil
            }
            #expect(found?.status == .signal(.kill, coreDumped: false))
        }

        @Test("loses none of two thousand exits that came at once, in batches")
        func losesNone() async {
            await #expect(processExitsWith: .success) {
                let spawner = try Spawner()
                let program = try PreparedProgram(
                    arguments: ["false"],
                    environment: [],
                    candidates: ["/bin/false"]
                )
                var running: Set<Int32> = []
                for _ in 0..<2000 {
                    running.insert(try spawner.spawn(program, output: .null, error: .null).pid)
                }
                #expect(running.count == 2000)
                try eventually("all exits") {
                    while let child = Reaper.look() {
                        #expect(child.status == .code(1))
                        // It stays until it is collected, though another may be seen first by then.
                        #expect(Reaper.reap(pid: child.pid) == child)
                        #expect(running.remove(child.pid) != nil)
                    }
                    return running.isEmpty
                }
                #expect(Reaper.look() == nil)
            }
        }

        @Test("gets the orphans of a program once this process adopts them")
        func adopts() async {
            await #expect(processExitsWith: .success) {
                try Subreaper.enable()
                let child = try Spawner().spawn(
                    shell("(sleep 0.05; exit 9) & exit 0"),
                    output: .null,
                    error: .null
                )
                let pid = child.pid
                var seen: [ReapedChild] = []
                try eventually("the orphan") {
                    if let child = Reaper.look() {
                        seen.append(child)
                        _ = Reaper.reap(pid: child.pid)
                    }
                    return seen.count == 2
                }
                #expect(seen.first == ReapedChild(pid: pid, status: .code(0)))
                #expect(seen.last?.status == .code(9))
            }
        }
    }
}
