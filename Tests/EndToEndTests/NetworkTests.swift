// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("The control channel by TCP", .scenarios, .timeLimit(.minutes(10)))
struct NetworkTests {
    private static let programs = "programs: {idle: {command: sleep 1000, startsecs: 0}}"

    /// A daemon with a port that was free when it was looked for.
    private func running(
        _ body: (_ daemon: Daemon, _ url: String) throws -> Void
    ) throws {
        try Daemon.prepared("") { daemon in
            let port = try freePort()
            daemon.scratch.write("password", "sesame\n")
            chmod(daemon.home + "/password", 0o600)
            daemon.configure(
                Self.programs + "\nhttp: {listen: \"127.0.0.1:\(port)\", username: ali, "
                    + "password_file: password}"
            )
            try daemon.start()
            try body(daemon, "http://127.0.0.1:\(port)")
        }
    }

    private func ctl(_ daemon: Daemon, _ arguments: String...) throws -> Finished {
        try daemon.run(Daemon.swisordctl, arguments)
    }

    @Test("lets swisordctl in with the password, and nobody without it")
    func password() throws {
        try running { daemon, url in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            let pid = try ctl(daemon, "-s", url, "-u", "ali", "-p", "sesame", "pid", "idle")
            #expect(pid.output == "\(idle)\n")
            let stop = try ctl(daemon, "-s", url, "-u", "ali", "-p", "sesame", "stop", "idle")
            #expect(stop.output == "idle: stopped\n")
            for password in ["", "Sesame"] {
                let refused = try ctl(daemon, "-s", url, "-u", "ali", "-p", password, "pid")
                #expect(refused.output == "Server requires authentication\n")
                #expect(refused.status == 1)
            }
            #expect(daemon.log.contains("refused a wrong password from 127.0.0.1"))
            let env = try daemon.launch(
                Daemon.swisordctl,
                ["-s", url, "start", "idle"],
                adding: ["SWISORD_USER=ali", "SWISORD_PASSWORD=sesame"]
            )
            #expect(try env.finish().output == "idle: started\n")
        }
    }

    @Test("outlives the manager")
    func overDeath() throws {
        try running { daemon, url in
            try daemon.wait(for: "idle", "RUNNING")
            try daemon.killManager()
            let pid = try ctl(daemon, "-s", url, "-u", "ali", "-p", "sesame", "pid")
            #expect(pid.output == "\(daemon.pid)\n")
            // A password file that is gone takes the port away, and nothing else.
            unlink(daemon.home + "/password")
            try daemon.killManager()
            #expect(try daemon.program("idle").state == "RUNNING")
            let alarms = try daemon.information().alarms
            #expect(alarms.contains { $0.contains("password") }, "\(alarms)")
        }
    }

    @Test("is refused for a password that others can read, and for a port that is taken")
    func refusals() throws {
        try Daemon.prepared("") { daemon in
            let port = try freePort()
            let section =
                "\nhttp: {listen: \"127.0.0.1:\(port)\", username: a, password_file: password}"
            daemon.scratch.write("password", "sesame\n")
            chmod(daemon.home + "/password", 0o644)
            daemon.configure(Self.programs + section)
            let words = ["-n", "-c", daemon.file]
            let open = try daemon.run(Daemon.swisord, words)
            #expect(open.errors.contains("others can read or change it; make its mode 0600"))
            #expect(open.status == 1)

            chmod(daemon.home + "/password", 0o600)
            let holder = try hold(port)
            defer { close(holder) }
            let taken = try daemon.run(Daemon.swisord, words)
            #expect(taken.errors.contains("bind 127.0.0.1:\(port): Address already in use"))
            #expect(taken.status == 1)
        }
    }

    // MARK: - Ports

    private func hold(_ port: Int) throws -> Int32 {
        let holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(holder, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, listen(holder, 1) == 0 else {
            throw Program.Failure(description: "bind: \(errno)")
        }
        return holder
    }

    private func freePort() throws -> Int {
        let holder = try hold(0)
        defer { close(holder) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(holder, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
