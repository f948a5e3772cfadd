// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

extension KernelTests {
    @Suite("Everything that a run has made", .timeLimit(.minutes(10)))
    struct CgroupTests {
        /// Whether the machine has cgroups that this process may make.
        private static let canHaveGroups: Bool = {
            guard let home = try? CgroupHome(tag: "probe-\(getpid())") else { return false }
            home.leave()
            return true
        }()

        /// A leader with a child, and a grandchild that has left its session and its parents.
        private let escaping = "setsid sh -c 'sleep 1000 & exec sleep 1000' & sleep 1000"

        private func isGone(_ pid: Int32) -> Bool {
            ProcessStat.read(pid).map(\.hasEnded) ?? true
        }

        @Test("is in its cgroup, and dies with it", .enabled(if: canHaveGroups))
        func cgroup() throws {
            let home = try CgroupHome(tag: "test-\(getpid())")
            let group = try home.make("a:a.1")
            let watch = try CgroupWatch()
            try watch.add(group)
            #expect(!group.isPopulated)
            let directory = try group.open()
            let child = try Spawner().spawn(
                shell(escaping),
                output: .null,
                error: .null,
                options: Spawner.Options(cgroup: directory.rawValue)
            )
            let pid = child.pid
            _ = child.letGo()
            try eventually("four processes") { group.pids.count == 4 }
            #expect(group.isPopulated)
            #expect(!group.remove())
            #expect(home.find("b:b.1", of: pid) == nil)
            #expect(home.find("a:a.1", of: pid)?.path == group.path)
            // One that is taken is passed by.
            let other = try home.make("a:a.1")
            #expect(other.path != group.path)
            #expect(other.remove())

            watch.drain()
            let pids = group.pids
            group.kill()
            #expect(waitFor(pid) == SIGKILL)
            var entry = pollfd(
                fd: watch.descriptor.rawValue,
                events: Int16(POLLIN),
                revents: 0
            )
            try eventually("the notice") { poll(&entry, 1, 0) == 1 }
            try eventually("emptiness") { !group.isPopulated }
            for pid in pids { try eventually("the end of \(pid)") { isGone(pid) } }
            #expect(group.remove())
            home.leave()
            #expect(access(home.path, F_OK) != 0)
        }

        @Test("is removed in one call when it is empty, and with what was made below it")
        func removal() throws {
            guard Self.canHaveGroups else { return }
            let home = try CgroupHome(tag: "removal-\(getpid())")
            let group = try home.make("a:a.1")
            mkdir("\(group.path)/inner", 0o755)
            mkdir("\(group.path)/inner/most", 0o755)
            #expect(group.remove())
            #expect(group.remove(), "what is gone is empty")
            #expect(home.names.isEmpty)
            home.leave()
        }

        @Test("gets a signal for those in it, and for nobody else")
        func signals() throws {
            guard Self.canHaveGroups else { return }
            let home = try CgroupHome(tag: "signals-\(getpid())")
            let group = try home.make("a:a.1")
            let directory = try group.open()
            let inside = try Spawner().spawn(
                shell("sleep 1000"),
                output: .null,
                error: .null,
                options: Spawner.Options(cgroup: directory.rawValue)
            )
            let outside = try Spawner().spawn(shell("sleep 1000"), output: .null, error: .null)
            let pids = (inside.pid, outside.pid)
            _ = inside.letGo()
            _ = outside.letGo()
            group.send([.user1])
            #expect(waitFor(pids.0) == SIGUSR1)
            #expect(!isGone(pids.1))
            kill(pids.1, SIGKILL)
            #expect(waitFor(pids.1) == SIGKILL)
            try eventually("emptiness") { group.remove() }
            home.leave()
        }

        @Test("leaves no directory behind when nobody lives who made it")
        func abandoned() throws {
            guard Self.canHaveGroups else { return }
            let home = try CgroupHome(tag: "alive-\(getpid())")
            let group = try home.make("a:a.1")
            let path: String
            do {
                let dead = try CgroupHome(tag: "dead-\(getpid())")
                path = dead.path
                _ = try dead.make("b:b.1")
                // As long as somebody holds it, it is not touched.
                home.removeAbandoned()
                #expect(access("\(path)/b:b.1", F_OK) == 0)
            }
            home.removeAbandoned()
            #expect(access(path, F_OK) != 0)
            #expect(access(group.path, F_OK) == 0)
            // Another manager of the same daemon goes on with what this one holds.
            let kept = dup(home.descriptor.rawValue)
            let next = try CgroupHome(owning: OwnedDescriptor(owning: kept))
            #expect(next.path == home.path)
            #expect(next.names == ["a:a.1"])
            next.leave()
        }

        @Test("is found by its mark and dies in a sweep, and nobody else")
        func sweep() throws {
            let spawner = try Spawner()
            func start(_ mark: String) throws -> Int32 {
                let program = try shell(
                    escaping,
                    environment: ["PATH=/usr/bin:/bin", "SWISORD_RUN=\(mark)"]
                )
                let child = try spawner.spawn(program, output: .null, error: .null)
                let pid = child.pid
                _ = child.letGo()
                return pid
            }
            let marks = ["a:\(getpid())", "b:\(getpid())"]
            let pids = try marks.map(start)
            let runs = zip(marks, pids).map {
                ProcessTree.Run(mark: $0, leader: $1, isLeaderAlive: true, cgroup: nil)
            }
            try eventually("all of both") {
                ProcessSweep.look(runs, adopters: [getpid()]).map(\.count) == [4, 4]
            }
            // The leader goes first; the others are orphans now.
            kill(pids[0], SIGKILL)
            #expect(waitFor(pids[0]) == SIGKILL)
            let orphaned = ProcessTree.Run(
                mark: marks[0],
                leader: pids[0],
                isLeaderAlive: false,
                cgroup: nil
            )
            let left = ProcessSweep.kill(
                [orphaned],
                adopters: [getpid()],
                within: .seconds(20)
            )
            #expect(left == [[]])
            let rest = ProcessSweep.look([orphaned, runs[1]], adopters: [getpid()])
            #expect(rest.map(\.count) == [0, 4])
            #expect(
                ProcessSweep.kill([runs[1]], adopters: [getpid()], within: .seconds(20)) == [[]]
            )
            #expect(waitFor(pids[1]) == SIGKILL)
        }

        @Test("is caught in a sweep, however fast it moves from process to process")
        func movingTarget() throws {
            let folder = Folder()
            let script = folder.file(
                "move",
                "[ $1 = 0 ] || setsid sh \(folder.path)/move $(($1 - 1)) &\n"
            )
            let mark = "moving:\(getpid())"
            let program = try shell(
                "sh \(script) 20000",
                environment: ["PATH=/usr/bin:/bin", "SWISORD_RUN=\(mark)"]
            )
            let child = try Spawner().spawn(program, output: .null, error: .null)
            let pid = child.pid
            _ = child.letGo()
            #expect(waitFor(pid) == 0)
            let run = ProcessTree.Run(mark: mark, leader: pid, isLeaderAlive: false, cgroup: nil)
            #expect(ProcessSweep.kill([run], adopters: [getpid()], within: .seconds(20)) == [[]])
            #expect(ProcessSweep.look([run], adopters: [getpid()]) == [[]])
        }
    }
}
