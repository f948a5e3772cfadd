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
}
