// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A start that goes wrong", .scenarios, .timeLimit(.minutes(10)))
struct StartFaultTests {
    @Test(
        "of what is no program says so, and asks no shell",
        arguments: [
            ("echo from a shell\n", "not a program for this machine"),
            ("#!/nope/sh\n", "interpreter"),
        ]
    )
    func notExecutable(text: String, reason: String) throws {
        try Daemon.prepared("") { daemon in
            // By another process: a child that another scenario is just making would have the
            // file open for writing as well.
            let path = daemon.home + "/script"
            let source = daemon.scratch.write("source", text)
            _ = try daemon.run("/usr/bin/install", ["-m", "755", source, path])
            daemon.configure("programs: {lost: {command: \(path)}}")
            try daemon.start()
            let fatal = try daemon.wait(for: "lost", "FATAL")
            #expect(fatal.why?.contains(reason) == true, "\(fatal.why ?? "")")
            #expect(fatal.runs == 1)
            #expect(daemon.scratch.read("log/lost.log").isEmpty)
        }
    }

    @Test("while the file is being written is tried again, and succeeds")
    func textFileBusy() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.scratch.write("copy", "", mode: 0o755)
            // Closed once: by now the number may be that of another scenario's connection.
            var writer = open(path, O_WRONLY | O_CLOEXEC)
            defer { if writer >= 0 { close(writer) } }
            let program = bytes(of: "/bin/sleep")
            #expect(write(writer, program, program.count) == program.count)
            daemon.configure(
                """
                programs:
                  busy:
                    command: [\(path), "1000"]
                    startsecs: 0
                    startretries: forever
                    backoff: {initial: 50ms, factor: 1}
                """
            )
            try daemon.start()
            try daemon.wait(forLog: "Text file busy")
            close(writer)
            writer = -1
            try daemon.wait(for: "busy", "RUNNING")
        }
    }

    @Test("with more than the kernel takes says so at once")
    func tooBig() throws {
        let value = String(repeating: "x", count: 300_000)
        try Daemon.running(
            "programs: {big: {command: sleep 1000, environment: {BIG: \(value)}}}"
        ) { daemon in
            let fatal = try daemon.wait(for: "big", "FATAL")
            #expect(fatal.why?.contains("too large") == true, "\(fatal.why ?? "")")
            #expect(fatal.runs == 1)
        }
    }
}

@Suite("A program that does odd things", .scenarios, .timeLimit(.minutes(10)))
struct RunFaultTests {
    @Test("stays RUNNING without its outputs, and its daemon does not spin")
    func closedOutput() throws {
        try Daemon.running(
            #"""
            programs:
              mute: {command: [sh, -c, "exec >&- 2>&-; exec sleep 1000"], startsecs: 0}
              talk: {command: [sh, -c, "while :; do echo x; sleep 0.05; done"], startsecs: 0}
            """#
        ) { daemon in
            let pid = try daemon.wait(for: "mute", "RUNNING").pid
            try eventually("closed outputs") {
                names(in: "/proc/\(pid)/fd") == ["0"]
            }
            let manager = try daemon.managerPid()
            let before = try processorTicks(of: manager)
            // Forty lines are two seconds of the other program's.
            let lines = daemon.scratch.read("log/talk.log").utf8.count
            try eventually("the other's lines") {
                daemon.scratch.read("log/talk.log").utf8.count >= lines + 80
            }
            #expect(try processorTicks(of: manager) - before < 50)
            #expect(try daemon.program("mute").pid == pid)
            #expect(try daemon.program("mute").state == "RUNNING")
        }
    }

    @Test("is the same under a name that is made to mislead, also for the next manager")
    func misleadingName() throws {
        try Daemon.running(
            #"""
            programs:
              odd:
                command: [sh, -c, "printf ') Z 1 1 (' >/proc/$$/comm; trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"]
                startsecs: 0
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/odd.log", toHold: "ready")
            let pid = try daemon.wait(for: "odd", "RUNNING").pid
            #expect(contents("/proc/\(pid)/comm") == ") Z 1 1 (\n")
            try daemon.killManager()
            let info = try daemon.program("odd")
            #expect(info.pid == pid)
            #expect(info.state == "RUNNING")
            #expect(info.runs == 1)
            #expect(try daemon.ctl("stop", "odd").output == "odd: stopped\n")
            #expect(try daemon.program("odd").exit?.code == 7)
            #expect(!isAlive(pid))
        }
    }

    @Test(
        "is RUNNING as long as one of its threads is, also for managers that come later",
        .enabled("needs python3", { access("/usr/bin/python3", X_OK) == 0 })
    )
    func leaderHasExited() throws {
        // exit(2) ends the calling thread alone, here the first one.
        let script = """
            import ctypes, threading, time
            threading.Thread(target=time.sleep, args=(1000,)).start()
            ctypes.CDLL(None).syscall(60 if __import__("os").uname().machine == "x86_64" else 93, 0)
            """
        try Daemon.prepared("") { daemon in
            let path = daemon.scratch.write("threads.py", script)
            daemon.configure(
                "programs: {threads: {command: [/usr/bin/python3, \(path)], startsecs: 0}}"
            )
            try daemon.start()
            let pid = try daemon.wait(for: "threads", "RUNNING").pid
            try eventually("the first thread to end") { processState(pid) == "Z" }
            try daemon.killManager()
            #expect(try daemon.program("threads").state == "RUNNING")
            try daemon.killBoth()
            try daemon.start()
            let info = try daemon.wait(for: "threads", "RUNNING")
            #expect(info.pid == pid)
            #expect(try daemon.ctl("stop", "threads").output == "threads: stopped\n")
            #expect(try daemon.program("threads").exit?.signal == Int(SIGTERM))
        }
    }

    @Test(
        "is killed alone by a kernel that has no memory for it, and started again",
        .enabled("needs a memory controller", { MemoryLimit() != nil })
    )
    func outOfMemory() throws {
        let limit = try #require(MemoryLimit())
        try Daemon.running(
            """
            programs:
              hog:
                command: [sh, -c, "echo $$ >\(limit.group)/cgroup.procs && exec tail /dev/zero"]
                startsecs: 0
              calm: {command: sleep 1000, startsecs: 0}
            """
        ) { daemon in
            let calm = try daemon.wait(for: "calm", "RUNNING").pid
            try daemon.wait(forLog: "exited: hog (terminated by SIGKILL; not expected)")
            try eventually("another run") { try daemon.program("hog").runs > 1 }
            #expect(try daemon.program("hog").exit?.signal == Int(SIGKILL))
            #expect(try daemon.program("calm").pid == calm)
            #expect(try daemon.ctl("stop", "hog").status == 0)
        }
    }

    @Test("ends together with hundreds of others, and each exit is counted once")
    func manyExits() throws {
        try Daemon.running(
            #"""
            programs:
              crowd:
                command: [sh, -c, "while ! [ -e go ]; do sleep 0.05; done; exit 7"]
                numprocs: 200
                process_name: "%(process_num)03d"
                directory: "%(here)s"
                startsecs: 0
                exitcodes: [7]
                autorestart: unexpected
                stdout_logfile: NONE
                stderr_logfile: NONE
            """#
        ) { daemon in
            try eventually("all to run") {
                try daemon.programs().allSatisfy { $0.state == "RUNNING" }
            }
            daemon.scratch.write("go", "")
            try eventually("all to have ended") {
                let answer = try daemon.ask("GET", "/v1/programs")
                guard let list = try? answer.decoded(ProgramList.self) else {
                    throw Program.Failure(
                        description: "\(answer.status), \(answer.headers), \(answer.body.count)"
                    )
                }
                return list.programs.allSatisfy { $0.state == "EXITED" }
            }
            let programs = try daemon.programs()
            #expect(programs.count == 200)
            #expect(programs.allSatisfy { $0.runs == 1 && $0.exit?.code == 7 })
            try daemon.wait(forLog: "exited: crowd:199")
            #expect(daemon.logLines(containing: "exited: ").count == 200)
        }
    }

    /// The processor time that a process has used, in hundredths of a second.
    private func processorTicks(of pid: Int) throws -> Int {
        let stat = contents("/proc/\(pid)/stat")
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else {
            throw Program.Failure(description: "no times of \(pid)")
        }
        return user + system
    }
}

@Suite("A secret", .scenarios, .timeLimit(.minutes(10)))
struct SecretTests {
    @Test("in the environment of a program is in no answer, no event and no log")
    func canary() throws {
        try Daemon.running(
            #"""
            programs:
              safe: {command: sleep 1000, environment: {TOKEN: canary-7261}, startsecs: 0}
            """#,
            settings: ["loglevel: trace"]
        ) { daemon in
            try daemon.wait(for: "safe", "RUNNING")
            let events = try EventWatch(daemon.socket)
            #expect(try daemon.ctl("restart", "safe").status == 0)
            var seen = try daemon.ctl("--json", "status").output + daemon.ctl("avail").output
            seen += try daemon.ask("GET", "/v1/daemon").text
            seen += try daemon.ask("GET", "/v1/programs").text
            seen += try daemon.ask("GET", "/v1/daemon/plan").text
            daemon.signal(SIGTERM)
            try daemon.finish()
            for note in try events.notes() { seen += "\(note)" }
            seen += daemon.log + (daemon.process?.errors ?? "") + (daemon.process?.output ?? "")
            #expect(seen.contains("safe"))
            #expect(!seen.contains("canary-7261"))
        }
    }
}

@Suite(
    "A name service that does not answer",
    .scenarios,
    .enabled("needs to mount", { FreezingDisk.isPossible }),
    .timeLimit(.minutes(10))
)
struct NameServiceTests {
    private static let calm = "programs:\n  calm: {command: sleep 1000, startsecs: 0}"

    @Test("holds up the reload that asks it, and nothing else: not status, not restarts")
    func hangs() throws {
        try Daemon.prepared(Self.calm) { daemon in
            let holder = try daemon.launch(
                "/usr/bin/unshare",
                ["--propagation", "private", "-m", "sh", "-c", "echo made; exec sleep 1000"]
            )
            try eventually("the namespace") { holder.output == "made\n" }
            let inside = ["-t", "\(holder.pid)", "-m"]
            daemon.wrapper = ["/usr/bin/nsenter"] + inside
            try daemon.start()
            // Whoever opens this as the list of users waits until somebody writes to it.
            let users = daemon.home + "/users"
            mkfifo(users, 0o644)
            let mount = inside + ["mount", "--bind", users, "/etc/passwd"]
            try #require(daemon.run("/usr/bin/nsenter", mount).status == 0)

            let other = "  other: {command: sleep 1000, user: nobody, startsecs: 0}"
            daemon.configure("\(Self.calm)\n\(other)")
            let reload = try daemon.launch(Daemon.swisordctl, ["-c", daemon.file, "update"])
            let manager = try daemon.managerPid()
            try eventually("a reader of the file") {
                names(in: "/proc/\(manager)/task").contains {
                    contents("/proc/\(manager)/task/\($0)/comm") == "config\n"
                }
            }
            #expect(try daemon.ctl("restart", "calm").status == 0)
            #expect(try daemon.ctl("status").output.hasPrefix("calm  "))
            #expect(!reload.isOver)

            let unmount = inside + ["umount", "-l", "/etc/passwd"]
            try #require(daemon.run("/usr/bin/nsenter", unmount).status == 0)
            try eventually("its reader to go on") {
                let writer = open(users, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
                if writer >= 0 { close(writer) }
                return writer >= 0 || reload.isOver
            }
            // What it reads is no list of users: it may be told that there is no such user.
            _ = try reload.finish()
            #expect(try daemon.ctl("update").status == 0)
            try daemon.wait(for: "other", "RUNNING")
        }
    }
}

/// A control group of a scenario's own with little memory; it goes with this.
private final class MemoryLimit {
    let group: String

    /// nil where there is no memory controller, or none for us.
    init?() {
        let places = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"),
        ]
        for (place, file) in places {
            var template = Array("\(place)/swisord-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { continue }
            let group = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
            if let limit = fopen("\(group)/\(file)", "w") {
                let isWritten = fputs("16777216", limit) >= 0
                if fclose(limit) == 0, isWritten {
                    self.group = group
                    return
                }
            }
            rmdir(group)
        }
        return nil
    }

    deinit {
        try? eventually("an empty group") { rmdir(group) == 0 }
    }
}
