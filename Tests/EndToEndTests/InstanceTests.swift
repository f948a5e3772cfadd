// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A second start", .scenarios, .timeLimit(.minutes(10)))
struct InstanceTests {
    private static let idle = "programs: {idle: {command: sleep 1000, startsecs: 0}}"

    @Test("names the pid of the first, ends with 2, and harms nothing", arguments: [["-n"], []])
    func harmless(mode: [String]) throws {
        try Daemon.running(Self.idle) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            try daemon.wait(forLog: "success: idle")
            let before = daemon.log
            let inode = try status(daemon.socket).st_ino
            let second = try daemon.run(Daemon.swisord, mode + ["-c", daemon.file])
            #expect(second.status == 2)
            #expect(second.errors.contains("with pid \(daemon.pid) "))
            #expect(daemon.log == before)
            #expect(try status(daemon.socket).st_ino == inode)
            #expect(try daemon.program("idle").pid == idle)
        }
    }

    @Test("is refused as well when the first one's lock has been swept away")
    func sweptLock() throws {
        try Daemon.running(Self.idle) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            unlink(daemon.home + "/run/swisord.lock")
            let second = try daemon.run(Daemon.swisord, ["-c", daemon.file])
            #expect(second.status == 2)
            #expect(second.errors.contains("another swisord is running here"))
            #expect(try daemon.information().pid == daemon.pid)
            #expect(try daemon.program("idle").pid == idle)
        }
    }

    @Test("replaces the socket of one that was killed, and says so when asked in between")
    func staleSocket() throws {
        try Daemon.running(Self.idle) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            let before = try status(daemon.socket).st_ino
            try daemon.killBoth()
            #expect(isAlive(idle), "a program outlives the daemon")
            let asked = try daemon.ctl("status")
            #expect(asked.output == "unix://\(daemon.socket) refused connection\n")
            #expect(asked.status == 4)
            try daemon.start()
            #expect(try status(daemon.socket).st_ino != before)
            #expect(try daemon.wait(for: "idle", "RUNNING").pid == idle)
        }
    }

    @Test("waits for who is about to end with one that was killed, but not for ever")
    func heldLock() throws {
        try Daemon.running(Self.idle) { daemon in
            try daemon.killBoth()
            // As a child that was being made has a copy of the lock, and of nothing else.
            let lock = "\(daemon.home)/run/swisord.lock"
            let script = "exec 9< \(lock); flock 9; echo held; exec sleep 1000"
            let child = try daemon.launch("/bin/sh", ["-c", script])
            try eventually("the lock") { child.output == "held\n" }
            let refused = try daemon.run(Daemon.swisord, ["-n", "-c", daemon.file])
            #expect(refused.status == 2)
            #expect(refused.errors.contains("another swisord is running here"))
            let second = try daemon.launch(Daemon.swisord, ["-n", "-c", daemon.file])
            try eventually("it to wait", seeing: { second.errors }) {
                guard let manager = try? daemon.managerPid(of: Int(second.pid)) else {
                    return false
                }
                return names(in: "/proc/\(manager)/task").contains {
                    contents("/proc/\(manager)/task/\($0)/comm") == "lock\n"
                }
            }
            child.end()
            try eventually("an answer", seeing: { second.errors }) {
                (try? daemon.information().pid) == Int(second.pid)
            }
        }
    }

    @Test("finds a program of a killed daemon writing on, without SIGPIPE")
    func noBrokenPipe() throws {
        try Daemon.running(
            #"""
            programs:
              talk: {command: [sh, -c, "while :; do echo tick; sleep 0.01; done"]}
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/talk.log", toHold: "tick")
            let talk = try daemon.program("talk").pid
            try daemon.killBoth()
            // The shell makes a child for each sleep, so new children show that it goes on.
            var children: Set<String> = []
            try eventually("it to go on") {
                children.insert(contents("/proc/\(talk)/task/\(talk)/children"))
                return children.count > 10
            }
            #expect(isAlive(talk))
        }
    }
}

@Suite("The control socket", .scenarios, .timeLimit(.minutes(10)))
struct SocketTests {
    @Test("is for its owner alone")
    func mode() throws {
        try Daemon.running("") { daemon throws in
            #expect(try status(daemon.socket).st_mode & 0o777 == 0o600)
            #expect(try status(daemon.home + "/run").st_mode & 0o777 == 0o700)
        }
    }

    @Test("is made again when somebody removes its file")
    func recreated() throws {
        try Daemon.running("") { daemon in
            unlink(daemon.socket)
            try eventually("a new socket") { (try? daemon.information().pid) == daemon.pid }
            #expect(try status(daemon.socket).st_mode & 0o777 == 0o600)
        }
    }

    @Test("refuses other users with 403", .enabled(if: isRoot, "only root can become another"))
    func otherUsers() throws {
        try Daemon.running("") { daemon in
            // The modes are opened, so that nothing but the check of the peer stands in the way.
            for path in [daemon.home, daemon.home + "/run"] { chmod(path, 0o755) }
            chmod(daemon.socket, 0o666)
            let answer = try ask(daemon, as: 65534, in: 65534)
            #expect(answer.output.hasPrefix("HTTP/1.1 403 "))
        }
    }

    /// What another user is told, or what keeps him from asking.
    private func ask(_ daemon: Daemon, as user: Int, in group: Int) throws -> Finished {
        let script = """
            use Socket;
            socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die $!;
            connect($s, pack_sockaddr_un('\(daemon.socket)')) or die $!;
            syswrite($s, "GET /v1/daemon HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n");
            print scalar <$s>;
            """
        return try daemon.run(
            "/usr/bin/setpriv",
            [
                "--reuid=\(user)", "--regid=\(group)", "--clear-groups", "/usr/bin/perl", "-e",
                script,
            ]
        )
    }

    @Test(
        "lets those in whom socket_mode and socket_owner open it for, whatever the umask",
        .enabled(if: isRoot, "only root can become another")
    )
    func opened() throws {
        let settings = ["socket_mode: 0660", "socket_owner: '65533:65534'", "umask: 077"]
        try Daemon.running("", settings: settings) { daemon in
            func check() throws {
                for path in [daemon.home, daemon.home + "/run"] { chmod(path, 0o755) }
                let file = try status(daemon.socket)
                #expect(file.st_mode & 0o777 == 0o660)
                #expect(file.st_uid == 65533)
                #expect(file.st_gid == 65534)
                for (user, group) in [(65533, 1), (65532, 65534)] {
                    let answer = try ask(daemon, as: user, in: group)
                    #expect(answer.output.hasPrefix("HTTP/1.1 200 "), "\(answer.errors)")
                }
                let refused = try ask(daemon, as: 65532, in: 1)
                #expect(refused.errors.contains("Permission denied"))
            }
            try check()
            unlink(daemon.socket)
            try eventually("a new socket") { (try? daemon.information().pid) == daemon.pid }
            try check()
            try daemon.killManager()
            try check()
        }
    }
}

@Suite("The options of supervisord", .scenarios, .timeLimit(.minutes(10)))
struct OptionTests {
    @Test("go over the file, also in the next manager and after an update")
    func options() throws {
        let programs =
            "programs: {talk: {command: [sh, -c, 'echo hello; exec sleep 1000'], startsecs: 0}}"
        try Daemon.prepared(programs) { daemon in
            mkdir("\(daemon.home)/other", 0o755)
            let options = ["-s", "-q", "other", "-y", "1MB", "-z", "2", "-k", "-a", "64"]
            try daemon.start(options + ["--minprocs", "10"])
            try daemon.wait(forFile: "other/talk.log", toHold: "hello\n")
            #expect(daemon.process?.output == "", "it is silent")
            try daemon.killManager()
            #expect(try daemon.program("talk").stdout.path == "\(daemon.home)/other/talk.log")
            #expect(try daemon.ctl("update").output == "", "nothing has changed")
            #expect(!exists("\(daemon.home)/log/talk.log"))
        }
    }
}

@Suite("The limits of the daemon", .scenarios, .timeLimit(.minutes(10)))
struct MinimumLimitTests {
    @Test("are raised for programs, or the daemon does not start")
    func minimum() throws {
        try Daemon.prepared("") { daemon in
            daemon.wrapper = ["/bin/sh", "-c", "ulimit -S -n 50; exec \"$@\"", "sh"]
            daemon.configure(
                "programs: {show: {command: [sh, -c, 'ulimit -S -n; exec sleep 1000'], startsecs: 0}}",
                settings: ["minfds: 77"]
            )
            try daemon.start()
            try daemon.wait(forFile: "log/show.log", toHold: "77\n")
        }
    }

    @Test("that are out of reach are told")
    func refused() throws {
        try Daemon.prepared(
            "programs: {idle: {command: sleep 1000}}",
            settings: ["minfds: 2000000000"]
        ) { daemon in
            // Beyond fs.nr_open, which root cannot pass either.
            let words = ["-n", "-c", daemon.file]
            let finished = try daemon.run(Daemon.swisord, words)
            #expect(finished.errors.contains("minfds is 2000000000"))
            #expect(finished.status == 2)
        }
    }
}
