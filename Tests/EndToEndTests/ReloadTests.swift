// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A reload", .scenarios, .timeLimit(.minutes(10)))
struct ReloadTests {
    @Test("by SIGHUP restarts only what has changed")
    func onlyChanged() throws {
        try Daemon.running(
            """
            programs:
              kept: {command: sleep 1000, startsecs: 0}
              other: {command: sleep 1000, startsecs: 0}
              gone: {command: sleep 1000, startsecs: 0}
            """
        ) { daemon in
            let kept = try daemon.wait(for: "kept", "RUNNING").pid
            let other = try daemon.wait(for: "other", "RUNNING").pid
            let gone = try daemon.wait(for: "gone", "RUNNING").pid
            daemon.configure(
                """
                programs:
                  # A comment, and another order, change nothing.
                  other: {command: sleep 2000, startsecs: 0}
                  fresh: {command: sleep 1000, startsecs: 0}
                  kept: {startsecs: 0, command: "sleep  1000"}
                groups:
                  more: {programs: [fresh]}
                """
            )
            daemon.signal(SIGHUP)
            try daemon.wait(
                forLog: "configuration taken up: 1 added, 1 changed, 1 removed, 1 kept"
            )
            try daemon.wait(for: "more:fresh", "RUNNING")
            try eventually("the new one") {
                let info = try daemon.program("other")
                return info.state == "RUNNING" && info.pid != other
            }
            #expect(try daemon.program("kept").pid == kept)
            try eventually("the removed one to be gone") {
                try daemon.programs().map(\.name) == ["kept", "fresh", "other"]
            }
            #expect(!isAlive(gone))
        }
    }

    @Test("that joins standard error to standard output still has the old process's in a log")
    func joined() throws {
        let talk = #"""
            programs:
              talk:
                command: [sh, -c, "trap 'echo last >&2; exit 0' TERM; echo up >&2; while :; do sleep 0.02; done"]
                startsecs: 0
            """#
        try Daemon.running(talk) { daemon in
            try daemon.wait(forFile: "log/talk.err.log", toHold: "up")
            let first = try daemon.wait(for: "talk", "RUNNING").pid
            daemon.configure("\(talk)\n    redirect_stderr: true")
            daemon.signal(SIGHUP)
            try eventually("another one") {
                let now = try daemon.program("talk")
                return now.state == "RUNNING" && now.pid != first
            }
            try daemon.wait(forFile: "log/talk.log", toHold: "last\n")
        }
    }

    @Test("that turns a log off still lets the old process say its last words")
    func lastWords() throws {
        // More than a pipe holds: it would block for ever if nobody read any more.
        let command =
            #"["sh", "-c", "trap 'head -c 500000 /dev/zero; exit 7' TERM; echo up; while :; do sleep 0.02; done"]"#
        let talk = "programs: {talk: {command: \(command), stopwaitsecs: 60s, startsecs: 0"
        try Daemon.running("\(talk)}}") { daemon in
            try daemon.wait(forFile: "log/talk.log", toHold: "up")
            daemon.configure("\(talk), stdout_logfile: NONE}}")
            daemon.signal(SIGHUP)
            try daemon.wait(forLog: "stopped: talk (exit status 7)")
            try daemon.wait(for: "talk", "RUNNING")
        }
    }

    @Test("of a broken file keeps everything running and says why, until it is mended")
    func broken() throws {
        try Daemon.running("programs: {kept: {command: sleep 1000, startsecs: 0}}") { daemon in
            let kept = try daemon.wait(for: "kept", "RUNNING").pid
            let events = try EventWatch(daemon.socket)
            daemon.configure("programs: {kept: {comand: sleep 1000}, fresh: {command: sleep 1}}")
            daemon.signal(SIGHUP)
            try daemon.wait(forLog: "the configuration was not taken up: ")
            try daemon.wait(forLog: "did you mean 'command'?")
            #expect(try daemon.information().reloadError?.contains("'comand'") == true)
            #expect(try daemon.program("kept").pid == kept)
            #expect(try daemon.programs().count == 1)

            let update = try daemon.ctl("update")
            #expect(update.output.hasPrefix("ERROR: CANT_REREAD: \(daemon.file):6:"))
            #expect(update.status == 1)
            let reload = try daemon.ctl("reload")
            #expect(reload.output.contains("unknown key 'comand'"))
            #expect(reload.status == 1)

            unlink(daemon.file)
            #expect(try daemon.ask("POST", "/v1/daemon/reload").status == 422)
            #expect(try daemon.program("kept").pid == kept)

            daemon.configure("programs: {kept: {command: sleep 1000, startsecs: 0}}")
            daemon.signal(SIGHUP)
            try eventually("the complaint to go") { try daemon.information().reloadError == nil }
            #expect(try events.notes().first?.to == "refused")
            try eventually("its event") { try events.notes().last?.to == "applied" }
            #expect(try daemon.program("kept").pid == kept)
        }
    }

    @Test("that was refused is told of by status until one is not, whichever manager answers")
    func refusalIsRemembered() throws {
        try Daemon.running("programs: {a: {command: sleep 1000, startsecs: 0}}") { daemon in
            func expect(_ isRefused: Bool) throws {
                let status = try daemon.ctl("status")
                #expect(status.status == 0)
                #expect(!status.output.contains("refused"))
                #expect(status.errors.contains("the last reload was refused") == isRefused)
                #expect(status.errors.contains("unknown key 'startsec'") == isRefused)
                #expect(status.errors.contains("(\(daemon.home)/swisord.log)") == isRefused)
            }
            try daemon.wait(for: "a", "RUNNING")
            try expect(false)
            daemon.configure("programs: {a: {command: sleep 1000, startsec: 0}}")
            // Who only looks has refused nothing.
            #expect(try daemon.ctl("reread").status == 1)
            try expect(false)
            #expect(try daemon.ctl("reload").status == 1)
            try expect(true)
            let reason = try daemon.information().reloadError
            for _ in 1...2 {
                try daemon.killManager()
                #expect(try daemon.information().reloadError == reason)
                try expect(true)
            }
            daemon.configure("programs: {a: {command: sleep 1000, startsecs: 0}}")
            #expect(try daemon.ctl("reload").status == 0)
            try expect(false)
            try daemon.killManager()
            try expect(false)
        }
    }

    @Test("is asked for by status, which tells what has changed in which file, or that nothing has")
    func changedFiles() throws {
        func program(_ name: String) -> String {
            "programs: {\(name): {command: sleep 1000, startsecs: 0}}"
        }
        try Daemon.prepared("include: [conf.d/*.yaml]\n\(program("a"))") { daemon in
            mkdir("\(daemon.home)/conf.d", 0o755)
            let b = daemon.scratch.write("conf.d/b.yaml", program("b"))
            try daemon.start()
            func expect(_ files: [String]) throws {
                try eventually("just \(files)") { try daemon.information().changedFiles == files }
                let status = try daemon.ctl("status")
                #expect(status.errors.contains("update --plan") == !files.isEmpty)
                for file in files { #expect(status.errors.contains("was loaded: \(file)\n")) }
                #expect(!status.output.contains("loaded"))
            }
            try expect([])
            let c = daemon.scratch.write("conf.d/c.yaml", program("c"))
            try expect([c])
            #expect(try daemon.ctl("reread").status == 0)
            try expect([c])
            #expect(try daemon.ctl("add", "c").output == "c: added process group\n")
            try expect([])

            daemon.configure("include: [conf.d/*.yaml]\nprograms: {a: {comand: sleep}}")
            #expect(try daemon.ctl("reload").status == 1)
            try expect([daemon.file])
            unlink(b)
            try expect([b, daemon.file])
            try daemon.killManager()
            try expect([b, daemon.file])

            daemon.configure("include: [conf.d/*.yaml]\n\(program("a"))")
            try expect([b])
            #expect(try daemon.ctl("update").status == 0)
            try expect([])
            try daemon.killManager()
            try expect([])
        }
    }

    @Test("with another numprocs touches only the difference")
    func numprocs() throws {
        func programs(_ count: Int) -> String {
            """
            programs:
              many:
                command: sleep 1000
                numprocs: \(count)
                process_name: "%(process_num)d"
                startsecs: 0
            """
        }
        try Daemon.running(programs(3)) { daemon in
            func pids() throws -> [String: Int] {
                try Dictionary(
                    uniqueKeysWithValues: daemon.programs().map { ($0.name, $0.pid) }
                )
            }
            for number in 0..<3 { try daemon.wait(for: "many:\(number)", "RUNNING") }
            let before = try pids()
            daemon.configure(programs(5))
            #expect(try daemon.ctl("update").output == "many: updated process group\n")
            for number in 0..<5 { try daemon.wait(for: "many:\(number)", "RUNNING") }
            let more = try pids()
            #expect(more.filter { before[$0.key] != nil } == before)
            daemon.configure(programs(2))
            #expect(try daemon.ctl("update").status == 0)
            try eventually("three to be gone") { try pids().count == 2 }
            #expect(try pids() == before.filter { $0.key < "2" })
            #expect(more.filter { $0.key >= "2" }.allSatisfy { !isAlive($0.value) })
        }
    }

    @Test("puts new rules in place without a restart")
    func policyInPlace() throws {
        try Daemon.running(
            #"programs: {idle: {command: sleep 1000, startsecs: 0, stopsignal: TERM, stdout_logfile_backups: 1}}"#
        ) { daemon in
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            daemon.configure(
                #"programs: {idle: {command: sleep 1000, startsecs: 0, stopsignal: INT, stdout_logfile_backups: 2}}"#
            )
            let update = try daemon.ctl("update")
            #expect(update.output == "idle: updated process group\n")
            #expect(try daemon.program("idle").pid == pid)
            #expect(try daemon.ctl("stop", "idle").status == 0)
            try daemon.wait(forLog: "stopped: idle (terminated by SIGINT)")
        }
    }

    @Test("answers when what it stops has stopped, and takes up again what comes back meanwhile")
    func waitsForStops() throws {
        let deaf = #"[sh, -c, "trap '' TERM; echo up; while :; do sleep 0.02; done"]"#
        let programs = """
            programs:
              gone: {command: \(deaf), startsecs: 0, stopwaitsecs: never}
              other: {command: \(deaf), startsecs: 0, stopwaitsecs: never, directory: DIR}
            """
        let with = programs.replacing("DIR", with: "/")
        try Daemon.running(with) { daemon in
            /// Runs an update, and kills what it stops once it is seen to wait for that.
            func update(killing name: String, _ words: String...) throws -> Finished {
                try daemon.wait(forFile: "log/\(name).log", toHold: "up")
                let pid = try daemon.program(name).pid
                let update = try daemon.launch(
                    Daemon.swisordctl,
                    ["-c", daemon.file, "update"] + words
                )
                try daemon.wait(for: name, "STOPPING")
                #expect(!update.isOver)
                kill(pid_t(pid), SIGKILL)
                let answer = try update.finish()
                #expect(!isAlive(pid))
                return answer
            }
            daemon.configure("programs: {}")
            let gone = try update(killing: "gone", "gone")
            #expect(gone.output == "gone: stopped\ngone: removed process group\n")
            #expect(try daemon.programs().map(\.name) == ["other"])

            daemon.configure(programs.replacing("DIR", with: "/usr"))
            #expect(try update(killing: "other").status == 0)
            try daemon.wait(for: "other", "RUNNING")
            let back = try daemon.wait(for: "gone", "RUNNING").pid
            try daemon.wait(forFile: "log/gone.log", toHold: "up\nup\n")

            daemon.configure("programs: {}")
            daemon.signal(SIGHUP)
            try daemon.wait(for: "gone", "STOPPING")
            daemon.configure(with)
            #expect(try daemon.ctl("update").output.contains("gone: added process group\n"))
            kill(pid_t(back), SIGKILL)
            try eventually("its successor") {
                let info = try daemon.program("gone")
                return info.state == "RUNNING" && info.pid != back
            }
        }
    }

    @Test("applies only to the groups that are named")
    func namedGroups() throws {
        try Daemon.running("programs: {a: {command: sleep 1, autostart: false}}") { daemon throws in
            daemon.configure(
                """
                programs:
                  a: {command: sleep 2, autostart: false}
                  b: {command: sleep 1, autostart: false}
                  c: {command: sleep 1, autostart: false}
                """
            )
            #expect(try daemon.ctl("update", "b").output == "b: added process group\n")
            #expect(try daemon.programs().map(\.name) == ["a", "b"])
            #expect(try daemon.ctl("reread").output == "a: changed\nc: available\n")
        }
    }

    @Test("tells which settings of the daemon wait for its next start")
    func daemonSettings() throws {
        try Daemon.running("") { daemon throws in
            daemon.configure("", settings: ["identifier: other"])
            let reread = try daemon.ctl("reread")
            #expect(reread.output == "No config updates to processes\n")
            let hint = "these take effect when swisord itself is started again: identifier\n"
            #expect(reread.errors.hasSuffix(hint))
        }
    }

    @Test("by a storm of SIGHUP ends with the last state of the file")
    func storm() throws {
        try Daemon.running("programs: {p0: {command: sleep 1000, startsecs: 0}}") { daemon in
            for number in 1...20 {
                daemon.configure("programs: {p\(number): {command: sleep 1000, startsecs: 0}}")
                daemon.signal(SIGHUP)
            }
            try eventually("the last file") {
                try daemon.programs().map(\.name) == ["p20"]
            }
            try daemon.wait(for: "p20", "RUNNING")
        }
    }
}

@Suite("A signal to the daemon", .scenarios, .timeLimit(.minutes(10)))
struct SignalTests {
    @Test("USR2 opens the logs again after they were renamed")
    func reopen() throws {
        try Daemon.running(
            #"programs: {talk: {command: [sh, -c, "trap 'echo more' USR1; echo one; while :; do sleep 0.02; done"]}}"#
        ) { daemon in
            try daemon.wait(forFile: "log/talk.log", toHold: "one\n")
            for name in ["log/talk.log", "swisord.log"] {
                rename("\(daemon.home)/\(name)", "\(daemon.home)/\(name).old")
            }
            daemon.signal(SIGUSR2)
            try eventually("new files") {
                names(in: daemon.home + "/log").contains("talk.log")
                    && names(in: daemon.home).contains("swisord.log")
            }
            _ = try daemon.ctl("signal", "USR1", "talk")
            try daemon.wait(forFile: "log/talk.log", toHold: "more\n")
            #expect(daemon.scratch.read("log/talk.log.old") == "one\n")
            _ = try daemon.ctl("stop", "talk")
            try daemon.wait(forLog: "stopped: talk")
        }
    }

    @Test("is harmless when it has no meaning")
    func harmless() throws {
        try Daemon.running("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            let meaningful = [SIGKILL, SIGSTOP, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2]
            // The synchronous ones tell of a fault in the program itself.
            let faults = [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS]
            for signal in Int32(1)...64 where signal != 32 && signal != 33 {
                if meaningful.contains(signal) || faults.contains(signal) { continue }
                daemon.signal(signal)
            }
            #expect(try daemon.information().pid == daemon.pid)
            #expect(try daemon.program("idle").pid == pid)
            #expect(processState(daemon.pid) != "T")
            #expect(try daemon.ctl("restart", "idle").status == 0)
        }
    }
}
