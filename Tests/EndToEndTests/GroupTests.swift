// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("Single groups", .scenarios, .timeLimit(.minutes(10)))
struct GroupTests {
    private func file(_ names: String...) -> String {
        "programs:\n"
            + names.map { "  \($0): {command: sleep 1000, startsecs: 0}\n" }.joined()
    }

    @Test("are added as reread has found them, and removed when they are down")
    func addAndRemove() throws {
        try Daemon.running(file("a")) { daemon in
            let pid = try daemon.wait(for: "a", "RUNNING").pid
            daemon.configure(file("a", "b", "c"))
            let early = try daemon.ctl("add", "b")
            #expect(early.output == "ERROR: no such process/group: b\n")
            #expect(early.status == 1)

            #expect(try daemon.ctl("reread").output == "b: available\nc: available\n")
            let available = try daemon.ctl("avail").lines
            #expect(available.map { $0.contains("in use") } == [true, false, false])
            // What is written later is not looked at.
            daemon.configure(file("a"))
            let added = try daemon.ctl("add", "b", "a")
            #expect(
                added.output == "b: added process group\nERROR: process group already active\n"
            )
            #expect(added.status == 0)
            try daemon.wait(for: "b", "RUNNING")
            #expect(try daemon.programs().map(\.name) == ["a", "b"])
            #expect(try daemon.program("a").pid == pid)

            let running = try daemon.ctl("remove", "b")
            #expect(running.output == "ERROR: process/group still running: b\n")
            #expect(running.status == 1)
            _ = try daemon.ctl("stop", "b")
            #expect(
                try daemon.ctl("remove", "b", "nope").lines == [
                    "b: removed process group", "ERROR: no such process/group: nope",
                ]
            )
            #expect(try daemon.programs().map(\.name) == ["a"])
        }
    }

    @Test("stay as they are over the death of the manager, and can be added after it")
    func overDeath() throws {
        try Daemon.running(file("a", "b", "c")) { daemon in
            try daemon.wait(for: "c", "RUNNING")
            _ = try daemon.ctl("stop", "a", "b")
            #expect(try daemon.ctl("remove", "a", "b").status == 0)
            try daemon.killManager()
            #expect(try daemon.programs().map(\.name) == ["c"])
            // Nobody has read the file since: it is read for this.
            #expect(try daemon.ctl("avail").lines.count == 3)
            #expect(try daemon.ctl("add", "b").output == "b: added process group\n")
            let pid = try daemon.wait(for: "b", "RUNNING").pid
            try daemon.killManager()
            #expect(try daemon.programs().map(\.name) == ["b", "c"])
            #expect(try daemon.program("b").pid == pid)
        }
    }

    @Test("stand in the answer about the file with their settings")
    func settings() throws {
        try Daemon.running(
            """
            programs:
              web:
                command: [sh, -c, "sleep 1000; echo"]
                autostart: false
                autorestart: true
                stopsignal: INT
                stopwaitsecs: never
                startretries: forever
                redirect_stderr: true
                priority: 7
            groups:
              site: {programs: [web], priority: 3}
            """
        ) { daemon in
            let list = try daemon.ask("GET", "/v1/config/available").decoded(ConfiguredList.self)
            let web = try #require(list.configured.first)
            #expect(list.configured.count == 1)
            #expect((web.group, web.name, web.program, web.inUse) == ("site", "web", "web", true))
            #expect((web.groupPriority, web.processPriority) == (3, 7))
            #expect((web.autostart, web.autorestart) == (false, "true"))
            #expect((web.stopSignal, web.stopSignalNumber) == ("SIGINT", 2))
            #expect(web.stopWaitSeconds == nil && web.startRetries == nil)
            #expect(web.stdout.path == "\(daemon.home)/log/site:web.log")
            #expect(web.stderr.destination == .stdout)
            #expect(web.commandLine == "sh -c 'sleep 1000; echo'")
        }
    }

    @Test("The activity log can be emptied")
    func clearActivity() throws {
        try Daemon.running(file("a")) { daemon in
            try daemon.wait(for: "a", "RUNNING")
            try daemon.wait(forLog: "success: a entered RUNNING")
            #expect(try daemon.ask("POST", "/v1/daemon/log/clear").status == 200)
            #expect(!daemon.log.contains("success: a entered RUNNING"))
            _ = try daemon.ctl("stop", "a")
            try daemon.wait(forLog: "stopped: a")
        }
    }
}
