// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite(
    "A disk that hangs in the midst of a write",
    .scenarios,
    .enabled("needs FUSE", { HangingDisk.isPossible }),
    .timeLimit(.minutes(10))
)
struct HangingWriteTests {
    /// Says something, and ends some time after it has said something else.
    private static let talker = """
        trap 'echo last; sleep 0.05; exit' TERM; echo first; while :; do sleep 0.01; done
        """

    /// A daemon with a program whose log the disk does not take any more.
    private func hanging(
        _ script: String = talker,
        _ keys: String = "",
        options: [String] = [],
        body: (Daemon, HangingDisk) throws -> Void
    ) throws {
        try Daemon.prepared("") { daemon in
            let disk = try HangingDisk(for: daemon)
            defer { disk.goOn() }
            daemon.configure(
                """
                programs:
                  talker:
                    command: [sh, -c, "\(script)"]
                    stdout_logfile: \(disk.path)/talker.log
                    stderr_logfile: NONE
                    startsecs: 0
                    \(keys)
                """
            )
            try daemon.start(options)
            try eventually("its first words") { disk.read("talker.log") == "first\n" }
            disk.hang()
            try body(daemon, disk)
        }
    }

    @Test("holds up no restart, and loses nothing of any run")
    func restarts() throws {
        try hanging { daemon, disk in
            for _ in 1...3 { #expect(try daemon.ctl("restart", "talker").status == 0) }
            try eventually("the trouble") {
                try daemon.program("talker").stdout.trouble != nil
            }
            for _ in 1...3 { #expect(try daemon.ctl("restart", "talker").status == 0) }
            #expect(try daemon.program("talker").state == "RUNNING")
            disk.goOn()
            try eventually("all words") {
                disk.read("talker.log")
                    == String(repeating: "first\nlast\n", count: 6) + "first\n"
            }
        }
    }

    @Test("holds up no shutdown")
    func shutdown() throws {
        try hanging { daemon, _ in
            #expect(try daemon.ctl("stop", "talker").status == 0)
            try eventually("the trouble") {
                try daemon.program("talker").stdout.trouble != nil
            }
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().status == 0)
        }
    }

    /// Without a guardian the kernel holds the pipe, so a program that has it cannot end.
    @Test("holds up nobody where a child of the run before has its output")
    func child() throws {
        let script = """
            setsid sleep 1000 & trap 'echo last; sleep 0.05; exit' TERM; echo first;
            while :; do sleep 0.01; done
            """
        let keys = "stopasgroup: false\n    killasgroup: false"
        try hanging(script, keys, options: ["--no-guardian"]) { daemon, disk in
            for _ in 1...2 { #expect(try daemon.ctl("restart", "talker").status == 0) }
            #expect(try daemon.program("talker").state == "RUNNING")
            disk.goOn()
            try eventually("all words") {
                disk.read("talker.log") == "first\nlast\nfirst\nlast\nfirst\n"
            }
        }
    }

    @Test("loses and doubles nothing when the manager is killed that waits for it")
    func killed() throws {
        try hanging { daemon, disk in
            try #require(try daemon.ctl("restart", "talker").status == 0)
            try eventually("the trouble") {
                try daemon.program("talker").stdout.trouble != nil
            }
            let manager = try daemon.managerPid()
            kill(pid_t(manager), SIGKILL)
            disk.goOn()
            try eventually("another manager") {
                try daemon.managerPid() != manager && (try? daemon.information()) != nil
            }
            try #require(try daemon.ctl("restart", "talker").status == 0)
            try eventually("all words") {
                disk.read("talker.log") == "first\nlast\nfirst\nlast\nfirst\n"
            }
        }
    }
}
