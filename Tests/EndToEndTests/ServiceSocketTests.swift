// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A socket that is passed to programs", .scenarios, .timeLimit(.minutes(10)))
struct ServiceSocketTests {
    private func programs(_ path: String) -> String {
        """
        programs:
          web:
            command: sleep 1000
            startsecs: 0
            socket: unix://\(path)
            socket_mode: 0740
            numprocs: 2
            process_name: "%(process_num)d"
          other: {command: sleep 1000, startsecs: 0}
        groups:
          site: {programs: [web]}
        """
    }

    /// The socket that is a descriptor of a process, as `socket:[4711]`.
    private func socket(_ number: Int, of pid: Int) -> String {
        (try? readLink("/proc/\(pid)/fd/\(number)")) ?? "none"
    }

    /// Whether a client is let into the queue.
    private func takes(_ path: String) -> Bool { (try? RawHTTP(path)) != nil }

    @Test("is one for all, as 0 and as 3, and says whom it is for")
    func passed() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.configure(programs(path))
            try daemon.start()
            let pids = [
                try daemon.wait(for: "site:0", "RUNNING").pid,
                try daemon.wait(for: "site:1", "RUNNING").pid,
            ]
            let other = try daemon.wait(for: "other", "RUNNING").pid
            #expect(Set(names(in: "/proc/\(other)/fd")) == ["0", "1", "2"])
            for pid in pids { #expect(Set(names(in: "/proc/\(pid)/fd")) == ["0", "1", "2", "3"]) }
            let found = pids.flatMap { [socket(0, of: $0), socket(3, of: $0)] }
            #expect(found[0].hasPrefix("socket:["))
            #expect(Set(found).count == 1, "\(found)")
            for pid in pids {
                let variables = contents("/proc/\(pid)/environ").split(separator: "\0")
                #expect(variables.contains("LISTEN_FDS=1"))
                #expect(variables.contains("LISTEN_FDNAMES=web"))
                #expect(variables.contains("LISTEN_PID=\(pid)"))
            }
            #expect(takes(path))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o740)
            let input = try daemon.ask("POST", "/v1/programs/site:0/stdin", body: "x")
            #expect(try input.decoded(CommandReport.self).results[0].error?.code == .noInput)
        }
    }

    @Test("goes when a reload takes it from its program")
    func takenAway() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            let web = "programs:\n  web: {command: sleep 1000, startsecs: 0"
            daemon.configure("\(web), socket: \"unix://\(path)\"}")
            try daemon.start()
            let first = try daemon.wait(for: "web", "RUNNING").pid
            #expect(takes(path))
            daemon.configure("\(web)}")
            #expect(try daemon.ctl("update").status == 0)
            try eventually("another one") { try daemon.program("web").pid != first }
            #expect(!takes(path))
            #expect(!exists(path))
        }
    }

    @Test("of a program that is taken out goes with its process, though the manager has died")
    func departed() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            let gate = daemon.home + "/gate"
            mkfifo(gate, 0o600)
            let kept = "programs:\n  kept: {command: sleep 1000, startsecs: 0}\n"
            daemon.configure(
                """
                \(kept)  web:
                    command: [sh, -c, "trap 'read x < \(gate); exit 0' TERM; while :; do sleep 0.05; done"]
                    stopwaitsecs: never
                    startsecs: 0
                    socket: unix://\(path)
                """
            )
            try daemon.start()
            try daemon.wait(for: "web", "RUNNING")
            daemon.configure(kept)
            daemon.signal(SIGHUP)
            try daemon.wait(for: "web", "STOPPING")
            try daemon.killManager()
            #expect(takes(path))
            daemon.scratch.write("gate", "x\n")
            try eventually("its end") { try daemon.programs().map(\.name) == ["kept"] }
            #expect(!exists(path))
        }
    }

    @Test("stays over restarts and over the death of the manager, and goes when all are stopped")
    func kept() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.configure(programs(path))
            try daemon.start()
            let first = try daemon.wait(for: "site:0", "RUNNING").pid
            let name = socket(0, of: first)
            #expect(try daemon.ctl("restart", "site:*").status == 0)
            let second = try daemon.wait(for: "site:0", "RUNNING").pid
            #expect(second != first)
            #expect(socket(0, of: second) == name)

            try daemon.killManager()
            _ = try daemon.ctl("stop", "site:1")
            #expect(try daemon.ctl("restart", "site:0").status == 0)
            let third = try daemon.wait(for: "site:0", "RUNNING").pid
            #expect(third != second)
            #expect(socket(0, of: third) == name)
            #expect(takes(path))

            _ = try daemon.ctl("stop", "site:0")
            #expect(!exists(path))
            #expect(try daemon.ctl("start", "site:0").status == 0)
            #expect(takes(path))
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().status == 0)
            #expect(!exists(path))
        }
    }

    @Test("replaces one that nobody listens on, and nothing else")
    func occupied() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.scratch.write("app.sock", "precious")
            daemon.configure(
                "programs: {web: {command: sleep 1000, startsecs: 0, startretries: 0, "
                    + "socket: \"unix://\(path)\"}}"
            )
            try daemon.start()
            try daemon.wait(for: "web", "FATAL")
            #expect(daemon.scratch.read("app.sock") == "precious")
            unlink(path)

            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
            let dead = Glibc.socket(AF_UNIX, kind, 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(bound == 0)
            listen(dead, 1)
            #expect(try daemon.ctl("start", "web").status == 7, "somebody listens")
            close(dead)
            // A child of another test may have a copy until it executes.
            try eventually("the socket to be replaced") {
                try daemon.ctl("start", "web").status == 0
            }
            #expect(takes(path))
        }
    }
}
