// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A program", .scenarios, .timeLimit(.minutes(10)))
struct ChildTests {
    @Test("has its own session, /dev/null as input, three descriptors and no signals blocked")
    func surroundings() throws {
        try Daemon.running("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            #expect(getsid(pid_t(pid)) == pid_t(pid))
            #expect(getpgid(pid_t(pid)) == pid_t(pid))
            #expect(try readLink("/proc/\(pid)/fd/0") == "/dev/null")
            #expect(names(in: "/proc/\(pid)/fd") == ["0", "1", "2"])
            #expect(statusField("SigBlk", of: pid) == "0000000000000000")
            #expect(statusField("SigIgn", of: pid) == "0000000000000000")
            #expect(try readLink("/proc/\(pid)/cwd") == daemon.home)
            #expect(statusField("Umask", of: pid) == "0022")
            // The daemon raised its own limit; the program has what the daemon was given.
            let limits = contents("/proc/\(pid)/limits").split(separator: "\n")
            let mine = contents("/proc/self/limits").split(separator: "\n")
            let name = "Max open files"
            #expect(limits.first { $0.hasPrefix(name) } == mine.first { $0.hasPrefix(name) })
        }
    }

    @Test("does not inherit what the daemon's starter left open or blocked")
    func strayDescriptors() throws {
        try Daemon.prepared("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            let script = """
                exec 7</etc/passwd 9>/dev/null
                trap '' HUP USR1
                exec '\(Daemon.swisord)' -n -c '\(daemon.file)'
                """
            _ = try daemon.launch("/bin/sh", ["-c", script])
            try eventually("the socket") { (try? daemon.information()) != nil }
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            #expect(names(in: "/proc/\(pid)/fd") == ["0", "1", "2"])
            #expect(statusField("SigIgn", of: pid) == "0000000000000000")
            #expect(try daemon.ctl("shutdown").status == 0)
        }
    }

    @Test("is told who supervises it, and has its variables by their order of precedence")
    func environment() throws {
        try Daemon.prepared("") { daemon in
            daemon.scratch.write("one.env", "B=file\nC=file\nD=one\n")
            daemon.scratch.write("two.env", "D=two\n")
            daemon.configure(
                """
                programs:
                  env:
                    command: [sh, -c, "env; echo complete; exec sleep 1000"]
                    env_file: [one.env, two.env, -missing.env]
                    environment: {C: program, SUPERVISOR_ENABLED: "no"}
                groups:
                  some: {programs: [env]}
                """,
                settings: ["environment: {A: daemon, B: daemon, C: daemon, D: daemon}"]
            )
            try daemon.start(
                adding: [
                    "A=starter", "Z=starter", "SUPERVISOR_GROUP_NAME=other", "NOTIFY_SOCKET=/x",
                ]
            )
            try daemon.wait(forFile: "log/some:env.log", toHold: "complete")
            let lines = Set(daemon.scratch.read("log/some:env.log").split(separator: "\n"))
            for line in [
                "Z=starter", "A=daemon", "B=file", "C=program", "D=two", "SUPERVISOR_ENABLED=1",
                "SUPERVISOR_SERVER_URL=unix://\(daemon.socket)", "SUPERVISOR_PROCESS_NAME=env",
                "SUPERVISOR_GROUP_NAME=some",
            ] {
                #expect(lines.contains(Substring(line)), "\(line)")
            }
            #expect(!lines.contains { $0.hasPrefix("NOTIFY_SOCKET=") })

            daemon.scratch.write("two.env", "D=later\n")
            #expect(try daemon.ctl("restart", "some:env").status == 0)
            try daemon.wait(forFile: "log/some:env.log", toHold: "D=later")

            unlink(daemon.home + "/two.env")
            let restart = try daemon.ctl("restart", "some:env")
            #expect(restart.output == "some:env: stopped\nsome:env: ERROR (spawn error)\n")
            let why = "environment: \(daemon.home)/two.env: No such file or directory"
            #expect(restart.errors.contains(why))
            #expect(try daemon.program("some:env").why?.hasPrefix(why) == true)
        }
    }

    @Test("has its own umask and directory")
    func umaskAndDirectory() throws {
        try Daemon.running(
            #"programs: {idle: {command: sleep 1000, startsecs: 0, umask: "077", directory: /usr}}"#
        ) { daemon in
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            #expect(statusField("Umask", of: pid) == "0077")
            #expect(try readLink("/proc/\(pid)/cwd") == "/usr")
        }
    }

    @Test("runs as its user, with that user's variables", .enabled(if: isRoot, "needs root"))
    func user() throws {
        guard let entry = getpwnam("nobody") else { return }
        let home = String(cString: entry.pointee.pw_dir)
        let (uid, gid) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        try Daemon.running(
            #"programs: {me: {command: [sh, -c, "env; echo said > /proc/self/fd/1; echo complete; exec sleep 1000"], user: nobody, startsecs: 0}}"#
        ) { daemon in
            try daemon.wait(forFile: "log/me.log", toHold: "complete")
            let pid = try daemon.wait(for: "me", "RUNNING").pid
            #expect(statusField("Uid", of: pid) == "\(uid)\t\(uid)\t\(uid)\t\(uid)")
            #expect(statusField("Gid", of: pid) == "\(gid)\t\(gid)\t\(gid)\t\(gid)")
            let text = daemon.scratch.read("log/me.log")
            for line in ["HOME=\(home)", "USER=nobody", "LOGNAME=nobody", "said"] {
                #expect(text.contains(line + "\n"), "\(line)")
            }
        }
    }

    @Test(
        "cannot run as another user when the daemon is not root's, and says so",
        .enabled(if: isRoot, "needs root to become somebody else")
    )
    func anotherUser() throws {
        try Daemon.prepared(
            "programs: {me: {command: sleep 1000, user: root}}",
            settings: ["user: nobody"]
        ) { daemon in
            chmod(daemon.home, 0o755)
            try daemon.start(["-l", daemon.home + "/log/swisord.log"])
            let me = try daemon.wait(for: "me", "FATAL")
            #expect(me.why == "user: root: only root can start a program as another user")
        }
    }

    @Test("has no new privileges where its daemon is to have none, and its user all the same")
    func noNewPrivileges() throws {
        try Daemon.prepared("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            daemon.wrapper = ["/usr/bin/setpriv", "--no-new-privs"]
            try daemon.start()
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            #expect(statusField("NoNewPrivs", of: pid) == "1")
        }
    }

    @Test(
        "has a guardian that its user cannot take anything out of",
        .enabled(if: isRoot, "needs root to become somebody else")
    )
    func undumpable() throws {
        guard let nobody = getpwnam("nobody") else { return }
        let user = nobody.pointee.pw_uid
        try Daemon.prepared(
            "programs: {idle: {command: sleep 1000, startsecs: 0}}",
            settings: ["user: nobody"]
        ) { daemon in
            chmod(daemon.home, 0o755)
            try daemon.start(["-l", daemon.home + "/log/swisord.log"])
            func owner(of pid: Int) -> uid_t? {
                var record = stat()
                return stat("/proc/\(pid)/environ", &record) == 0 ? record.st_uid : nil
            }
            // The kernel gives what it shows of a process that is not to be dumped to root.
            #expect(statusField("Uid", of: daemon.pid).hasPrefix("\(user)\t"))
            #expect(owner(of: daemon.pid) == 0)
            #expect(owner(of: try daemon.wait(for: "idle", "RUNNING").pid) == user)
        }
    }

    /// By what /dev/stdout and /dev/stderr are links to, wherever this machine has them.
    @Test("may open its outputs again, as by /dev/stdout and /dev/stderr")
    func reopensStdout() throws {
        try Daemon.running(
            #"programs: {talk: {command: [sh, -c, "echo one > /proc/self/fd/1; echo two > /proc/self/fd/2; exec sleep 1000"]}}"#
        ) { daemon in
            try daemon.wait(forFile: "log/talk.log", toHold: "one\n")
            try daemon.wait(forFile: "log/talk.err.log", toHold: "two\n")
        }
    }

    @Test("is collected when it is an orphan, and leaves no zombie")
    func orphans() throws {
        try Daemon.running(
            #"""
            programs:
              parent:
                command: [sh, -c, "(sh -c 'exec sleep 0.2' & echo orphan $!) ; exec sleep 1000"]
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/parent.log", toHold: "\n")
            let word = daemon.scratch.read("log/parent.log").split { " \n".contains($0) }.last
            let orphan = try #require(word.flatMap { Int($0) })
            try daemon.wait(forLog: "reaped unknown pid \(orphan) (exit status 0)")
            // The manager says so, and then lets the guardian collect it.
            try eventually("no zombie") {
                let zombies = names(in: "/proc").compactMap { Int($0) }.filter {
                    processState($0) == "Z" && statusField("PPid", of: $0) == "\(daemon.pid)"
                }
                return zombies.isEmpty && processState(orphan) == nil
            }
            try daemon.wait(for: "parent", "RUNNING")
        }
    }
}
