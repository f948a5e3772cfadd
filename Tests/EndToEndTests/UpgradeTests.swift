// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("An upgrade", .scenarios, .timeLimit(.minutes(10)))
struct UpgradeTests {
    private static let talk = #"""
        programs:
          talk: {command: [sh, -c, 'n=0; while :; do n=$((n+1)); echo $n; sleep 0.002; done']}
        """#

    @Test("keeps the same programs and pids, and loses no line")
    func succeeds() throws {
        try Daemon.running(Self.talk) { daemon in
            let talk = try daemon.wait(for: "talk", "RUNNING").pid
            let manager = try daemon.managerPid()
            // Another file, as after an installation.
            let other = daemon.home + "/swisord-new"
            _ = try daemon.run("/bin/cp", [Daemon.swisord, other])
            let upgraded = try daemon.ctl("upgrade", other)
            #expect(upgraded.status == 0, "\(upgraded)")
            #expect(upgraded.output.hasSuffix("1 programs kept\n"))
            #expect(try daemon.managerPid() != manager)
            #expect(try readLink("/proc/\(daemon.managerPid())/exe") == other)
            // As pgrep and ps look for both.
            #expect(contents("/proc/\(daemon.pid)/comm") == "swisord\n")
            #expect(try contents("/proc/\(daemon.managerPid())/comm") == "swisord\n")
            #expect(try daemon.program("talk").pid == talk)
            let before = daemon.scratch.read("log/talk.log").utf8.count
            try eventually("more lines") {
                daemon.scratch.read("log/talk.log").utf8.count > before + 20
            }
            _ = try daemon.ctl("stop", "talk")
            let lines = daemon.scratch.read("log/talk.log").split(separator: "\n")
            let isWhole = zip(1..., lines).allSatisfy { String($0) == $1 }
            #expect(isWhole, "nothing is lost or doubled")
        }
    }

    @Test(
        "to what is no swisord is rolled back, and says why",
        arguments: ["/bin/true", "/bin/sh"]
    )
    func rolledBack(path: String) throws {
        try Daemon.running(Self.talk) { daemon in
            let talk = try daemon.wait(for: "talk", "RUNNING").pid
            let answer = try daemon.ctl("upgrade", path)
            #expect(answer.status != 0)
            #expect(answer.output.contains("rolled back") || answer.errors.contains("rolled back"))
            #expect(try daemon.program("talk").pid == talk)
            #expect(try daemon.information().lastUpgrade?.error != nil)
        }
    }

    @Test("to what cannot be executed is rolled back, and says that and why")
    func notExecutable() throws {
        try Daemon.running(Self.talk) { daemon in
            let talk = try daemon.wait(for: "talk", "RUNNING").pid
            daemon.scratch.write("text", "no program\n")
            chmod(daemon.home + "/text", 0o755)
            let answer = try daemon.ctl("upgrade", daemon.home + "/text")
            #expect(answer.status != 0)
            let error = try daemon.information().lastUpgrade?.error
            #expect(error == "it cannot be executed: Exec format error")
            #expect(try daemon.program("talk").pid == talk)
        }
    }

    @Test("to nothing at all changes nothing")
    func missing() throws {
        try Daemon.running(Self.talk) { daemon in
            let manager = try daemon.managerPid()
            let answer = try daemon.ctl("upgrade", "/nowhere/swisord")
            #expect(answer.status != 0)
            #expect(
                answer.errors.contains("No such file") || answer.output.contains("No such file")
            )
            #expect(try daemon.managerPid() == manager)
        }
    }

    @Test("is refused without a guardian")
    func unguarded() throws {
        try Daemon.prepared(Self.talk) { daemon in
            try daemon.start(["--no-guardian"])
            let answer = try daemon.ctl("upgrade")
            #expect(answer.status != 0)
            #expect(
                answer.errors.contains("without a guardian")
                    || answer.output.contains("without a guardian")
            )
        }
    }
}
