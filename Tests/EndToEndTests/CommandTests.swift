// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("swisordctl with a daemon in the foreground", .scenarios, .timeLimit(.minutes(10)))
struct CommandTests {
    private static let idle = "programs: {idle: {command: sleep 1000, startsecs: 0}}"

    @Test("shows a running program, and 0")
    func status() throws {
        try Daemon.running(Self.idle) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING")
            #expect(isAlive(idle.pid))
            let status = try daemon.ctl("status")
            let uptime = "idle                             RUNNING   pid \(idle.pid), uptime 0:00:"
            #expect(status.output.hasPrefix(uptime))
            #expect(status.lines.count == 1)
            #expect(status.status == 0)
        }
    }

    @Test("stops, starts and restarts, and says what supervisorctl says")
    func stopStartRestart() throws {
        try Daemon.running(Self.idle) { daemon in
            let first = try daemon.wait(for: "idle", "RUNNING").pid
            let stop = try daemon.ctl("stop", "idle")
            #expect(stop.output == "idle: stopped\n")
            #expect(stop.status == 0)
            #expect(!isAlive(first))
            let down = try daemon.ctl("status")
            #expect(down.status == 3)
            #expect(down.output.hasPrefix("idle                             STOPPED   "))

            let start = try daemon.ctl("start", "idle")
            #expect(start.output == "idle: started\n")
            #expect(start.status == 0)
            let second = try daemon.program("idle")
            #expect(second.state == "RUNNING")
            #expect(second.pid != first)

            let restart = try daemon.ctl("restart", "idle")
            #expect(restart.output == "idle: stopped\nidle: started\n")
            #expect(restart.status == 0)
            let third = try daemon.program("idle")
            #expect(third.state == "RUNNING", "restart answers when it is up again")
            #expect(third.pid != second.pid)
            #expect(third.runs == 3)
            #expect(!isAlive(second.pid))
        }
    }

    @Test("is understood where there is no /proc, which Swift would read its words from")
    func withoutProc() throws {
        try Daemon.running(Self.idle) { daemon in
            try daemon.wait(for: "idle", "RUNNING")
            let script = #"mount -t tmpfs none /proc && echo hidden && exec "$0" "$@""#
            let words = [Daemon.swisordctl, "-c", daemon.file, "status", "idle"]
            let status = try daemon.run(
                "/usr/bin/unshare",
                ["--mount", "sh", "-c", script] + words
            )
            // Only root may hide it.
            guard status.lines.first == "hidden" else { return }
            #expect(status.lines.count == 2, "\(status)")
            #expect(status.lines.last?.hasPrefix("idle ") == true)
            #expect(status.status == 0)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let words: [String]
        let output: String
        let status: Int32
        var testDescription: String { words.joined(separator: " ") }
    }

    private static let refusals = [
        Refusal(words: ["start", "nope"], output: "nope: ERROR (no such process)\n", status: 1),
        Refusal(words: ["start", "nope:*"], output: "nope: ERROR (no such group)\n", status: 2),
        Refusal(words: ["start", "idle"], output: "idle: ERROR (already started)\n", status: 0),
        Refusal(words: ["stop", "nope"], output: "nope: ERROR (no such process)\n", status: 1),
        Refusal(words: ["stop", "rest"], output: "rest: ERROR (not running)\n", status: 0),
        Refusal(
            words: ["signal", "HUP", "rest"],
            output: "rest: ERROR (not running)\n",
            status: 7
        ),
        Refusal(
            words: ["signal", "NO", "idle"],
            output: "idle: ERROR (bad signal name)\n",
            status: 1
        ),
        Refusal(words: ["status", "nope"], output: "nope: ERROR (no such process)\n", status: 4),
        Refusal(words: ["pid", "nope"], output: "No such process nope\n", status: 1),
        Refusal(words: ["pid", "rest"], output: "0\n", status: 7),
        Refusal(words: ["clear", "nope"], output: "nope: ERROR (no such process)\n", status: 1),
        Refusal(
            words: ["tail", "nope"],
            output: "nope: ERROR (no such process name)\n",
            status: 1
        ),
        Refusal(words: ["tail", "mute"], output: "mute: ERROR (no log file)\n", status: 1),
        Refusal(words: ["update", "nope"], output: "ERROR: no such group: nope\n", status: 1),
        Refusal(words: ["reread"], output: "No config updates to processes\n", status: 0),
        Refusal(words: ["update"], output: "", status: 0),
        Refusal(words: ["frob"], output: "*** Unknown syntax: frob\n", status: 1),
        Refusal(words: ["start", "lost"], output: "lost: ERROR (no such file)\n", status: 1),
        Refusal(words: ["start", "brief"], output: "brief: ERROR (spawn error)\n", status: 7),
    ]

    @Test("refuses in supervisorctl's words and numbers")
    func refuses() throws {
        try Daemon.running(
            """
            programs:
              idle: {command: sleep 1000, startsecs: 0}
              rest: {command: sleep 1000, autostart: false}
              mute: {command: sleep 1000, autostart: false, stdout_logfile: NONE}
              lost: {command: /nope, autostart: false}
              brief: {command: [sh, -c, exit 3], autostart: false, startretries: 0}
            """
        ) { daemon in
            try daemon.wait(for: "idle", "RUNNING")
            for refusal in Self.refusals {
                let answer = try daemon.run(
                    Daemon.swisordctl,
                    ["-c", daemon.file] + refusal.words
                )
                #expect(answer.output == refusal.output, "\(refusal.words)")
                #expect(answer.status == refusal.status, "\(refusal.words)")
            }
        }
    }

    @Test("sends a signal to the program, and asks for pids")
    func signalAndPid() throws {
        try Daemon.running(
            #"""
            programs:
              ear:
                command: [sh, -c, "trap 'echo heard' USR1; echo ready; while :; do sleep 0.02; done"]
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/ear.log", toHold: "ready")
            let answer = try daemon.ctl("signal", "USR1", "ear")
            #expect(answer.output == "ear: signalled\n")
            #expect(answer.status == 0)
            try daemon.wait(forFile: "log/ear.log", toHold: "heard")
            let pid = try daemon.program("ear").pid
            #expect(try daemon.ctl("pid", "ear").output == "\(pid)\n")
            #expect(try daemon.ctl("pid", "all").output == "\(pid)\n")
            #expect(try daemon.ctl("pid").output == "\(daemon.pid)\n")
            #expect(try daemon.ctl("version").output == "0.1.0\n")
        }
    }

    @Test("shows the end of a log, its last bytes, its other channel, and clears it")
    func tailAndClear() throws {
        try Daemon.running(
            #"""
            programs:
              talk: {command: [sh, -c, "echo one; echo two; echo bad >&2; exec sleep 1000"]}
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/talk.log", toHold: "two\n")
            try daemon.wait(forFile: "log/talk.err.log", toHold: "bad\n")
            #expect(try daemon.ctl("tail", "talk").output == "one\ntwo\n\n")
            #expect(try daemon.ctl("tail", "-4", "talk").output == "two\n\n")
            #expect(try daemon.ctl("tail", "talk", "stderr").output == "bad\n\n")
            let clear = try daemon.ctl("clear", "talk")
            #expect(clear.output == "talk: cleared\n")
            #expect(clear.status == 0)
            #expect(daemon.scratch.read("log/talk.log").isEmpty)
            #expect(daemon.scratch.read("log/talk.err.log").isEmpty)
            let main = try daemon.ctl("maintail", "-100000")
            #expect(main.output.contains("spawned: 'talk' with pid "))
            #expect(main.status == 0)
        }
    }

    @Test("follows a log over rotations without losing or repeating a line")
    func followsOverRotation() throws {
        try Daemon.running(
            #"""
            programs:
              count:
                command: [sh, -c, "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i of many; sleep 0.002; done; exec sleep 1000"]
                autostart: false
                stdout_logfile_maxbytes: 1KB
                stdout_logfile_backups: 20
            """#
        ) { daemon in
            let follower = try daemon.launch(
                Daemon.swisordctl,
                ["-c", daemon.file, "tail", "-f", "count"]
            )
            try eventually("the follower") { follower.output.contains("Ctrl-C") }
            #expect(try daemon.ctl("start", "count").status == 0)
            try eventually("the last line", seeing: { String(follower.output.suffix(60)) }) {
                follower.output.contains("line 400 of many\n")
            }
            #expect(daemon.scratch.read("log/count.log.1").isEmpty == false, "it was rotated")
            follower.signal(SIGINT)
            let end = try follower.finish()
            #expect(end.status == 0)
            let numbers = end.lines.filter { $0.hasPrefix("line ") }
            #expect(numbers == (1...400).map { "line \($0) of many" })
            #expect(end.lines.first == "==> Press Ctrl-C to exit <==")
        }
    }

    @Test(
        "follows a log over the death of the manager and an upgrade, losing and doubling nothing",
        arguments: [false, true]
    )
    func followsOverCrash(_ isUpgrade: Bool) throws {
        try Daemon.running(
            #"""
            programs:
              count:
                command: [sh, -c, "i=0; while [ ! -e %(here)s/enough ]; do i=$((i+1)); echo line $i of many; sleep 0.002; done; echo end; exec sleep 1000"]
                autostart: false
                stdout_logfile_maxbytes: 1KB
                stdout_logfile_backups: 1000
            """#
        ) { daemon in
            let follower = try daemon.launch(
                Daemon.swisordctl,
                ["-c", daemon.file, "tail", "-f", "count"]
            )
            try eventually("the follower") { follower.output.contains("Ctrl-C") }
            #expect(try daemon.ctl("start", "count").status == 0)
            for _ in 1...3 {
                let seen = follower.output.count
                try eventually("more lines") { follower.output.count > seen + 2000 }
                if isUpgrade {
                    #expect(try daemon.ctl("upgrade").status == 0)
                } else {
                    try daemon.killManager()
                }
            }
            let seen = follower.output.count
            try eventually("more lines") { follower.output.count > seen + 2000 }
            daemon.scratch.write("enough", "")
            try eventually("the end", seeing: { String(follower.output.suffix(60)) }) {
                follower.output.hasSuffix("\nend\n")
            }
            #expect(!daemon.scratch.read("log/count.log.1").isEmpty, "it was rotated")
            follower.signal(SIGINT)
            let end = try follower.finish()
            let lines = end.lines.filter { $0.hasPrefix("line ") }
            #expect(lines == (1...max(1, lines.count)).map { "line \($0) of many" })
            #expect(!end.errors.contains("missing"), "\(end.errors)")
        }
    }

    @Test("rereads, lists what is available, and updates")
    func rereadAvailUpdate() throws {
        try Daemon.running(
            """
            programs:
              kept: {command: sleep 1000, startsecs: 0}
              gone: {command: sleep 1000, startsecs: 0}
              other: {command: sleep 1000, startsecs: 0}
            """
        ) { daemon in
            let kept = try daemon.wait(for: "kept", "RUNNING").pid
            try daemon.wait(for: "other", "RUNNING")
            daemon.configure(
                """
                programs:
                  kept: {command: sleep 1000, startsecs: 0}
                  other: {command: sleep 2000, startsecs: 0}
                  fresh: {command: sleep 1000, startsecs: 0, autostart: false, priority: 7}
                """
            )
            let reread = try daemon.ctl("reread")
            #expect(reread.output == "fresh: available\ngone: disappeared\nother: changed\n")
            #expect(reread.status == 0)
            #expect(try daemon.program("gone").state == "RUNNING", "reread changes nothing")
            let lines = try daemon.ctl("avail").lines
            #expect(
                lines == [
                    "fresh                            avail     manual    7:7",
                    "kept                             in use    auto      999:999",
                    "other                            in use    auto      999:999",
                ]
            )
            let update = try daemon.ctl("update")
            #expect(
                update.output == """
                    gone: stopped
                    gone: removed process group
                    other: stopped
                    other: updated process group
                    fresh: added process group

                    """
            )
            #expect(update.status == 0)
            #expect(try daemon.program("kept").pid == kept)
            #expect(try daemon.program("fresh").state == "STOPPED")
            #expect(try daemon.ctl("status", "gone").status == 4)
            #expect(try daemon.ctl("reread").output == "No config updates to processes\n")
            let reload = try daemon.ctl("reload")
            #expect(reload.output == "Reloaded \(daemon.file)\n")
            #expect(reload.status == 0)
        }
    }

    @Test("shuts the daemon down, and says so when there is none any more")
    func shutdown() throws {
        try Daemon.running(Self.idle) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING")
            let answer = try daemon.ctl("shutdown")
            #expect(answer.output == "Shut down\n")
            #expect(answer.status == 0)
            #expect(try daemon.finish().ending == .exit(0))
            #expect(!isAlive(idle.pid))
            let gone = try daemon.ctl("status")
            #expect(gone.status == 4)
            #expect(gone.output == "unix://\(daemon.socket) no such file\n")
            #expect(try daemon.ctl("start", "idle").status == 7)
            let again = try daemon.ctl("shutdown")
            let line = "ERROR: unix://\(daemon.socket) no such file (already shut down?)\n"
            #expect(again.output == line)
            #expect(again.status == 1)
        }
    }

    @Test("starts, stops and shows groups, globs and several names in one call")
    func selections() throws {
        try Daemon.running(
            """
            programs:
              a: {command: sleep 1000, startsecs: 0, autostart: false}
              b: {command: sleep 1000, startsecs: 0, autostart: false}
              web1: {command: sleep 1000, startsecs: 0, autostart: false}
              web2: {command: sleep 1000, startsecs: 0, autostart: false}
            groups:
              pair: {programs: [a, b]}
            """
        ) { daemon in
            // The order is that in which they are settled.
            func settled(_ words: String...) throws -> Set<String> {
                Set(try daemon.run(Daemon.swisordctl, ["-c", daemon.file] + words).lines)
            }
            #expect(try settled("start", "pair:*") == ["pair:a: started", "pair:b: started"])
            #expect(try settled("stop", "pair:") == ["pair:a: stopped", "pair:b: stopped"])
            #expect(try settled("start", "web*") == ["web1: started", "web2: started"])
            let mixed = try daemon.ctl("start", "pair:b", "nope", "web1")
            #expect(
                mixed.lines == [
                    "pair:b: started", "nope: ERROR (no such process)",
                    "web1: ERROR (already started)",
                ]
            )
            #expect(mixed.status == 1)
            #expect(try settled("stop", "web1", "web2", "pair:b").count == 3)
            #expect(try daemon.programs().allSatisfy { $0.state == "STOPPED" })
            #expect(try daemon.ctl("start", "all").lines.count == 4)
            #expect(try daemon.programs().allSatisfy { $0.state == "RUNNING" })
        }
    }

    @Test("waits while a program is starting, and answers when it is up")
    func startWaits() throws {
        try Daemon.running(
            "programs: {slow: {command: sleep 1000, startsecs: 700ms, autostart: false}}"
        ) { daemon throws in
            let begin = ContinuousClock.now
            #expect(try daemon.ctl("start", "slow").output == "slow: started\n")
            #expect(ContinuousClock.now - begin >= .milliseconds(700))
            #expect(try daemon.program("slow").state == "RUNNING")
        }
    }
}
