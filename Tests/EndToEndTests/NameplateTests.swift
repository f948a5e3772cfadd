// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A guardian that has died", .scenarios, .timeLimit(.minutes(10)))
struct NameplateTests {
    @Test("has its name taken down everywhere, and another start gives the programs a new one")
    func anotherName() throws {
        let idle = "programs: {idle: {command: sleep 1000, startsecs: 0}}"
        try Daemon.prepared("") { daemon in
            let file = daemon.home + "/pid"
            daemon.configure(idle, settings: ["pidfile: \(file)"])
            try daemon.start()
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            let manager = try daemon.managerPid()
            #expect(contents(file) == "\(daemon.pid)\n")
            daemon.signal(SIGKILL)
            try daemon.wait(forLog: "the guardian has died")
            #expect(try daemon.ctl("pid").output == "\(manager)\n")
            #expect(contents(file) == "\(manager)\n")
            let second = try daemon.run(Daemon.swisord, ["-c", daemon.file])
            #expect(second.status == 2)
            #expect(second.errors.contains("with pid \(manager) "))
            // As the alarm says.
            let alarm = try #require(try daemon.information().alarms.first)
            try #require(alarm.contains("'kill -9 \(manager)' and start swisord again"))
            kill(pid_t(manager), SIGKILL)
            try eventually("the end of the manager") { !isAlive(manager) }
            try daemon.start()
            #expect(try daemon.wait(for: "idle", "RUNNING").pid == pid)
            #expect(contents(file) == "\(daemon.pid)\n")
        }
    }

    @Test("leaves one that takes its pid file along when it ends")
    func pidFile() throws {
        try Daemon.prepared("") { daemon in
            let file = daemon.home + "/pid"
            daemon.configure("", settings: ["pidfile: \(file)"])
            try daemon.start()
            let manager = try daemon.managerPid()
            daemon.signal(SIGKILL)
            try daemon.wait(forLog: "the guardian has died")
            // The signals that went to the guardian are for it now.
            try eventually("the new name") { contents(file) == "\(manager)\n" }
            kill(pid_t(manager), SIGTERM)
            try eventually("the end of all") { !isAlive(manager) }
            #expect(!exists(file))
        }
    }
}
