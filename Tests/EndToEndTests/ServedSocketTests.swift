// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("Clients of a socket of programs", .scenarios, .timeLimit(.minutes(10)))
struct ServedSocketTests {
    /// Serves `count` clients a run, by the descriptor `number`.
    private func program(_ path: String, number: Int = 0, count: Int, more: String = "") -> String {
        """
        programs:
          web:
            command: \(Daemon.acceptor) \(number) \(count)
            socket: unix://\(path)
            startsecs: 0
            startretries: forever
            autorestart: true
            backoff: {initial: 0.01s, factor: 1, max: 0.01s, jitter: 0}
        \(more)
        """
    }

    /// What a client is told: the pid of who serves it.
    private func answer(_ client: RawHTTP) throws -> Int {
        try eventually("an answer") { !client.poll() }
        let text = String(decoding: client.received, as: UTF8.self)
        return try #require(Int(text.dropLast()), "\(text)")
    }

    @Test("are served over many ends of the program, by either descriptor", arguments: [0, 3])
    func restarts(number: Int) throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.configure(program(path, number: number, count: 1))
            try daemon.start()
            // Its file is there before it listens.
            try daemon.wait(for: "web", "RUNNING")
            let clients = try (1...8).map { _ in try RawHTTP(path) }
            #expect(try Set(clients.map(answer)).count == 8, "each by another process")
        }
    }

    @Test("are served when they came while there was neither program nor manager")
    func gap() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.configure(program(path, count: 1))
            try daemon.start()
            let first = try daemon.wait(for: "web", "RUNNING").pid
            let manager = pid_t(try daemon.managerPid())
            kill(manager, SIGSTOP)
            #expect(try answer(RawHTTP(path)) == first)
            try eventually("the end of the program") { !isAlive(first) }
            let clients = try (1...3).map { _ in try RawHTTP(path) }
            kill(manager, SIGKILL)
            let pids = try clients.map(answer)
            #expect(!pids.contains(first))
            #expect(Set(pids).count == 3)
        }
    }

    @Test("are served over an upgrade")
    func upgrade() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.configure(program(path, count: 1))
            try daemon.start()
            let first = try daemon.wait(for: "web", "RUNNING").pid
            let upgraded = try daemon.ctl("upgrade", Daemon.swisord)
            #expect(upgraded.status == 0, "\(upgraded)")
            let clients = try (1...3).map { _ in try RawHTTP(path) }
            let pids = try clients.map(answer)
            #expect(pids.first == first, "it runs on")
            #expect(Set(pids).count == 3)
        }
    }

    @Test("are served when manager and guardian were killed, with those who waited then")
    func bothKilled() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.configure(program(path, count: 100))
            try daemon.start()
            let first = try daemon.wait(for: "web", "RUNNING").pid
            kill(pid_t(first), SIGSTOP)
            // What it has accepted by then would end with it.
            try eventually("the program to stop") { processState(first) == "T" }
            let clients = try (1...3).map { _ in try RawHTTP(path) }
            try daemon.killBoth()
            try daemon.start()
            #expect(try daemon.wait(for: "web", "RUNNING").pid == first)
            kill(pid_t(first), SIGKILL)
            #expect(try !clients.map(answer).contains(first))
            #expect(exists(path))
        }
    }

    @Test("find more processes, or another socket, after an update")
    func update() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            let names = "    process_name: \"%(process_num)d\"\n"
            daemon.configure(program(path, count: 100, more: names))
            try daemon.start()
            let first = try daemon.wait(for: "web:0", "RUNNING").pid
            daemon.configure(program(path, count: 100, more: names + "    numprocs: 2\n"))
            _ = try daemon.ctl("update")
            let second = try daemon.wait(for: "web:1", "RUNNING").pid
            #expect(try daemon.program("web:0").pid == first)
            let shared = try readLink("/proc/\(first)/fd/0")
            #expect(try readLink("/proc/\(second)/fd/0") == shared)

            let other = daemon.home + "/other.sock"
            daemon.configure(program(other, count: 100, more: names))
            _ = try daemon.ctl("update")
            let third = try daemon.wait(for: "web:0", "RUNNING").pid
            #expect(try answer(RawHTTP(other)) == third)
            #expect(third != first)
            #expect(!exists(path))
        }
    }

    @Test("connect as the file's owner lets them", .enabled(if: isRoot, "needs root"))
    func owner() throws {
        try Daemon.prepared("") { daemon in
            let path = daemon.home + "/app.sock"
            daemon.configure(
                "programs: {web: {command: sleep 1000, startsecs: 0, user: daemon, "
                    + "socket: \"unix://\(path)\"}}"
            )
            try daemon.start()
            let pid = try daemon.wait(for: "web", "RUNNING").pid
            let user = try #require(getpwnam("daemon")).pointee
            let file = try status(path)
            #expect(file.st_uid == user.pw_uid)
            #expect(file.st_gid == user.pw_gid)
            #expect(file.st_mode & 0o777 == 0o700)
            #expect(try readLink("/proc/\(pid)/fd/3").hasPrefix("socket:["))
        }
    }

    @Test("of a port that is taken are told of by the state of the program")
    func taken() throws {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listening) }
        listen(listening, 1)
        let port = try port(of: listening)
        try Daemon.running(
            """
            programs:
              web: {command: sleep 1000, socket: "tcp://127.0.0.1:\(port)", startretries: 0}
              other: {command: sleep 1000, startsecs: 0}
            """
        ) { daemon in
            try daemon.wait(for: "web", "FATAL")
            let line = try daemon.ctl("status", "web").output
            #expect(line.contains("another process"), "\(line)")
            #expect(line.contains("tcp://127.0.0.1:\(port)"), "\(line)")
            try daemon.wait(for: "other", "RUNNING")
        }
    }

    private func port(of socket: Int32) throws -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket, $0, &size)
            }
        }
        try #require(result == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
