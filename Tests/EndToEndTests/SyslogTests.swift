// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite(
    "An activity log that goes to syslog",
    .scenarios,
    .enabled("needs a /dev of its own", { Syslog.isPossible }),
    .timeLimit(.minutes(10))
)
struct SyslogTests {
    @Test("has every line, counts what nobody takes, and never keeps the daemon waiting")
    func lines() throws {
        try Daemon.prepared("") { daemon in
            let idle =
                "programs: {idle: {command: sleep 1000, startsecs: 0, stdout_logfile: SYSLOG}}"
            daemon.scratch.write(
                "s.yaml",
                """
                swisord: {logfile: syslog, identifier: here, childlogdir: log, state_dir: state,
                  runtime_dir: run}
                \(idle)

                """
            )
            var syslog: Syslog? = try Syslog(for: daemon)
            try daemon.start()
            try syslog?.wait(for: "<14>", " here: ", " INFO spawned: 'idle' with pid ")
            #expect(try daemon.ctl("maintail").output == "supervisord: ERROR (no log file)\n")
            #expect(try daemon.information().logfile.path == nil)

            // Nobody is there any more.
            syslog = nil
            #expect(try daemon.ctl("restart", "idle").status == 0)
            try eventually("the loss") {
                let log = try daemon.information().logfile
                return log.lostBytes > 0 && log.trouble?.contains("/dev/log: ") == true
            }
            // Somebody is, and reads nothing.
            syslog = try Syslog(for: daemon)
            for _ in 1...20 { #expect(try daemon.ctl("restart", "idle").status == 0) }
            let lost = try daemon.information().logfile.lostBytes
            try eventually("more of it", seeing: { "\(lost)" }) {
                try #require(try daemon.ctl("restart", "idle").status == 0)
                return try daemon.information().logfile.lostBytes > lost
            }
            try syslog?.wait(for: " here: ", " INFO stopped: idle (terminated by SIGTERM)")
            try daemon.killManager()
            try syslog?.wait(for: " here: ", " CRIT the manager ended ")
            #expect(try daemon.ctl("restart", "idle").status == 0)
            try eventually("the end of the trouble") {
                syslog?.read()
                return try daemon.information().logfile.trouble == nil
            }
            #expect(try daemon.ctl("shutdown").status == 0)
            #expect(try daemon.finish().status == 0)
            try syslog?.wait(for: " here: ", " INFO swisord has ended")
        }
    }
}

@Suite(
    "An output that goes to syslog as well",
    .scenarios,
    .enabled("needs a /dev of its own", { Syslog.isPossible }),
    .timeLimit(.minutes(10))
)
struct OutputToSyslogTests {
    private func programs(_ keys: String) -> String {
        "programs: {both: {command: [sh, -c, 'echo one; echo two; exec sleep 1000'], startsecs: 0\(keys)}}"
    }

    @Test("is in the log and there, and in the log alone while nobody takes it")
    func both() throws {
        try Daemon.prepared(programs(", stdout_syslog: true")) { daemon in
            var syslog: Syslog? = try Syslog(for: daemon)
            try daemon.start()
            try syslog?.wait(for: "<14>", " both: one")
            try syslog?.wait(for: "<14>", " both: two")
            try daemon.wait(forFile: "log/both.log", toHold: "one\ntwo\n")
            #expect(try daemon.program("both").stdout.lostBytes == 0)
            syslog = nil
            #expect(try daemon.ctl("restart", "both").status == 0)
            try daemon.wait(forFile: "log/both.log", toHold: "one\ntwo\none\ntwo\n")
            try eventually("the count") {
                let log = try daemon.program("both").stdout
                return log.lostBytes == 8 && log.trouble?.contains("/dev/log: ") == true
            }
            #expect(try daemon.ctl("tail", "both").output.hasSuffix("one\ntwo\n\n"))

            // Without it nothing is lost any more, and the program runs on.
            let pid = try daemon.program("both").pid
            daemon.configure(programs(""))
            #expect(try daemon.ctl("update").status == 0)
            #expect(try daemon.program("both").pid == pid)
            try eventually("the end of the trouble") {
                try daemon.program("both").stdout.trouble == nil
            }
        }
    }
}

/// A syslog daemon's socket, which the daemon finds at /dev/log of a mount namespace of its own.
private final class Syslog {
    private let number: Int32
    private let path: String
    private var messages: [String] = []

    /// Makes the socket, and has the daemon, if it is not started yet, see it.
    init(for daemon: Daemon) throws {
        path = "\(daemon.home)/log.sock"
        unlink(path)
        number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw Program.Failure(description: "bind: \(errno)") }
        let script = """
            mkdir -p "$1" && mount -t tmpfs none "$1" && ln -s "$2" "$1/log" \
            && ln -s /proc/self/fd "$1/fd" && for i in null zero random urandom; do \
            touch "$1/$i" && mount --bind "/dev/$i" "$1/$i" || exit; done \
            && mount --rbind "$1" /dev && shift 2 && exec "$@"
            """
        daemon.wrapper = [
            "/usr/bin/unshare", "--propagation", "private", "-m", "sh", "-c", script, "sh",
            "\(daemon.home)/dev", path,
        ]
    }

    deinit {
        close(number)
        unlink(path)
    }

    static let isPossible = geteuid() == 0 && system("unshare -m true 2>/dev/null") == 0

    /// Reads what has come.
    func read() {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while case let count = recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }

    /// Waits for a message that holds all of these.
    func wait(for texts: String...) throws {
        try eventually("\(texts)", seeing: { "\(self.messages.suffix(20))" }) {
            read()
            return messages.contains { message in texts.allSatisfy(message.contains) }
        }
    }
}
