// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite(
    "A disk that does not answer",
    .scenarios,
    .enabled("needs to mount and to freeze", { FreezingDisk.isPossible }),
    .timeLimit(.minutes(10))
)
struct DiskTests {
    private static let tick = #"[sh, -c, "while :; do echo tick; sleep 0.02; done"]"#

    private func programs(on path: String) -> String {
        """
        programs:
          stuck:
            command: \(Self.tick)
            stdout_logfile: \(path)/stuck.log
            stderr_logfile: NONE
            startsecs: 0
          free:
            command: \(Self.tick)
            stderr_logfile: NONE
            startsecs: 0
        """
    }

    @Test("holds up the logs on it, and nothing else: not status, other logs, restarts, shutdown")
    func hangs() throws {
        try Daemon.prepared("") { daemon in
            let disk = try FreezingDisk(for: daemon)
            defer { disk.thaw() }
            daemon.configure(programs(on: disk.path))
            try daemon.start()
            try eventually("a log on the disk") { disk.read("stuck.log").contains("tick") }
            try disk.freeze()
            // Its thread may be waiting by then, or come to wait.
            #expect(try daemon.ask("POST", "/v1/daemon/reopen-logs").status == 200)
            let info: ProcessInfo = try found("the trouble") {
                let info = try daemon.program("stuck")
                return info.stdout.trouble == nil ? nil : info
            }
            #expect(info.state == "RUNNING")
            #expect(info.stdout.trouble?.contains("stuck.log: disk not answering for ") == true)
            #expect(try daemon.program("free").stdout.trouble == nil)
            try daemon.wait(forLog: "stuck.log: disk not answering for ")
            #expect(try daemon.ctl("status").output.contains("disk not answering for "))
            let size = daemon.scratch.read("log/free.log").utf8.count
            try eventually("more of the other log") {
                daemon.scratch.read("log/free.log").utf8.count > size + 20
            }
            #expect(try daemon.ctl("restart", "stuck").status == 0)
            let restarted = try daemon.program("stuck")
            #expect(restarted.state == "RUNNING")
            #expect(restarted.pid != info.pid)
            disk.thaw()
            try daemon.wait(forLog: "stuck.log: disk answers again after ")
            try eventually("the end of the trouble") {
                try daemon.program("stuck").stdout.trouble == nil
            }
            let before = disk.read("stuck.log").utf8.count
            try eventually("output of the new run") {
                disk.read("stuck.log").utf8.count > before
            }
            #expect(try daemon.program("stuck").stdout.lostBytes == 0)
        }
    }

    @Test("does not keep the daemon from ending")
    func shutdown() throws {
        try Daemon.prepared("") { daemon in
            let disk = try FreezingDisk(for: daemon)
            defer { disk.thaw() }
            daemon.configure(programs(on: disk.path))
            try daemon.start()
            try eventually("a log on the disk") { disk.read("stuck.log").contains("tick") }
            try disk.freeze()
            let pids = try daemon.programs().compactMap { $0.pid }
            daemon.signal(SIGTERM)
            try daemon.wait(forLog: "swisord has ended")
            #expect(!pids.contains(where: isAlive))
            // All of it has gone but the thread that is in the kernel's hands.
            try eventually("the end") { daemon.process?.isOver == true || !isAlive(daemon.pid) }
            disk.thaw()
            #expect(try daemon.finish().status == 0)
        }
    }

    @Test("that the activity log is on is told by status alone, and told there once it answers")
    func activityLog() throws {
        try Daemon.prepared("") { daemon in
            let disk = try FreezingDisk(for: daemon)
            defer { disk.thaw() }
            daemon.configure(
                "programs: {free: {command: [sleep, '1000'], stderr_logfile: NONE, startsecs: 0}}"
            )
            try daemon.start(["-l", disk.path + "/swisord.log"])
            try daemon.wait(for: "free", "RUNNING")
            try disk.freeze()
            #expect(try daemon.ctl("restart", "free").status == 0)
            try eventually("the alarm") {
                try daemon.ctl("status").errors.contains("disk not answering for ")
            }
            #expect(try daemon.ctl("restart", "free").status == 0)
            disk.thaw()
            try eventually("what was said meanwhile") {
                let log = disk.read("swisord.log")
                return log.contains("disk not answering for ")
                    && log.contains("disk answers again after ")
            }
        }
    }

    @Test("and is only slow costs no line of many rotated files, and no restart or shutdown waits")
    func slow() throws {
        try Daemon.prepared("") { daemon in
            let disk = try FreezingDisk(for: daemon)
            let count = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; done"
            daemon.configure(
                """
                programs:
                  counted:
                    command: [sh, -c, "\(count); exec sleep 1000"]
                    stdout_logfile: \(disk.path)/counted.log
                    stdout_logfile_maxbytes: 1KB
                    stdout_logfile_backups: 9
                    stderr_logfile: NONE
                    startsecs: 0
                  free: {command: sleep 1000, stderr_logfile: NONE, startsecs: 0}
                """
            )
            try disk.slowDown()
            try daemon.start()
            #expect(try daemon.ctl("restart", "free").status == 0)
            let lines = (1...400).map { "line \($0)" }.joined(separator: "\n") + "\n"
            let files = (1...9).reversed().map { "counted.log.\($0)" } + ["counted.log"]
            try eventually("all lines in order") { files.map(disk.read).joined() == lines }
            #expect(!disk.read("counted.log.3").isEmpty)
            let info = try daemon.program("counted")
            #expect(info.state == "RUNNING")
            #expect(info.stdout.lostBytes == 0)
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().status == 0)
            #expect(!isAlive(info.pid))
        }
    }

    @Test("keeps a program that writes to it STOPPING, and never is there a second copy")
    func unkillable() throws {
        try Daemon.prepared("") { daemon in
            let disk = try FreezingDisk(for: daemon)
            defer { disk.thaw() }
            daemon.configure(
                """
                programs:
                  writer:
                    command: [sh, -c, "while :; do echo x >\(disk.path)/file; done"]
                    stdout_logfile: NONE
                    stderr_logfile: NONE
                    startsecs: 0
                    stopwaitsecs: 50ms
                  free: {command: sleep 1000, stderr_logfile: NONE, startsecs: 0}
                """
            )
            try daemon.start()
            let pid = try daemon.wait(for: "writer", "RUNNING").pid
            try eventually("something on the disk") { disk.read("file") == "x\n" }
            try disk.freeze()
            try eventually("it to hang in the kernel") { processState(pid) == "D" }
            _ = try daemon.ask("POST", "/v1/programs/writer/restart?wait=false")
            try daemon.wait(forLog: "killing 'writer' (\(pid)) with SIGKILL")
            #expect(try daemon.ctl("restart", "free").status == 0)
            let stuck = try daemon.program("writer")
            #expect(stuck.state == "STOPPING")
            #expect(stuck.pid == pid)
            #expect(stuck.runs == 1)
            #expect(processState(pid) == "D")
            disk.thaw()
            try eventually("its successor") {
                let info = try daemon.program("writer")
                return info.state == "RUNNING" && info.runs == 2 && info.pid != pid
            }
            #expect(!isAlive(pid))
        }
    }

    @Test("keeps nobody busy with what it holds, and fills no log")
    func unkillableForLong() throws {
        try Daemon.prepared("") { daemon in
            let disk = try FreezingDisk(for: daemon)
            defer { disk.thaw() }
            daemon.configure(
                """
                programs:
                  writer:
                    command: [sh, -c, "while :; do echo x >\(disk.path)/file; done"]
                    startsecs: 0
                    stopwaitsecs: 50ms
                  clock: {command: [sh, -c, "while sleep 1; do echo tick; done"], startsecs: 0}
                """,
                settings: ["process_trees: proc"]
            )
            try daemon.start()
            let pid = try daemon.wait(for: "writer", "RUNNING").pid
            try eventually("something on the disk") { disk.read("file") == "x\n" }
            try disk.freeze()
            try eventually("it to hang in the kernel") { processState(pid) == "D" }
            _ = try daemon.ask("POST", "/v1/programs/writer/stop?wait=false")
            try daemon.wait(forLog: "killing 'writer' (\(pid)) with SIGKILL")
            let manager = try daemon.managerPid()
            func ticks() -> Int { daemon.scratch.read("log/clock.log").count / 5 }
            let (before, start) = (reads(of: manager), ticks())
            try eventually("four seconds") { ticks() >= start + 4 }
            // Four looks at all processes a second; it was hundreds.
            #expect(reads(of: manager) - before < 50 * Scratch.processCount)
            #expect(daemon.logLines(containing: "killing 'writer'").count == 1)
            disk.thaw()
            try daemon.wait(for: "writer", "STOPPED")
        }
    }

    /// How often a process has read something.
    private func reads(of pid: Int) -> Int {
        let line = contents("/proc/\(pid)/io").split(separator: "\n")
            .first { $0.hasPrefix("syscr: ") }
        return line.flatMap { Int($0.dropFirst(7)) } ?? 0
    }

    private static let counted =
        "trap 'echo last; exit' TERM; n=0; while :; do n=$((n+1)); echo $n; sleep 0.005; done"

    @Test("loses no line of the runs that end meanwhile, though the manager dies first")
    func laterRuns() throws {
        try dying { daemon in
            for _ in 1...2 { try #require(try daemon.ctl("restart", "counted").status == 0) }
        } then: { daemon, lines in
            try eventually("the third run") { lines().count { $0 == "1" } == 3 }
            #expect(try daemon.ctl("stop", "counted").status == 0)
        }
    }

    @Test("loses no line of a program that was taken out, though the manager dies first")
    func departed() throws {
        try dying { daemon in
            daemon.configure("programs: {}")
            try #require(try daemon.ctl("reload").status == 0)
            try #require(try daemon.programs().isEmpty)
        } then: { _, lines in
            try eventually("its last line") { lines().last == "last" }
        }
    }

    /// Has a manager die that has done something while the disk of a log hangs.
    ///
    /// Of a thread that waits for a disk nobody sees the end before the disk answers.
    private func dying(
        _ act: (Daemon) throws -> Void,
        then: (Daemon, () -> [Substring]) throws -> Void
    ) throws {
        try Daemon.prepared("") { daemon in
            let disk = try FreezingDisk(for: daemon)
            defer { disk.thaw() }
            daemon.configure(
                """
                programs:
                  counted:
                    command: [sh, -c, "\(Self.counted)"]
                    stdout_logfile: \(disk.path)/counted.log
                    stderr_logfile: NONE
                    startsecs: 0
                """
            )
            try daemon.start()
            let lines = { disk.read("counted.log").split(separator: "\n") }
            try eventually("its log") { !lines().isEmpty }
            try disk.freeze()
            try eventually("the trouble") {
                try daemon.program("counted").stdout.trouble != nil
            }
            try act(daemon)
            let manager = try daemon.managerPid()
            kill(pid_t(manager), SIGKILL)
            disk.thaw()
            try eventually("another manager") {
                try daemon.managerPid() != manager && (try? daemon.information()) != nil
            }
            try then(daemon, lines)
            #expect(lines().last == "last")
            for run in lines().split(separator: "last") {
                #expect(zip(1..., run).allSatisfy { "\($0)" == $1 })
            }
        }
    }
}
