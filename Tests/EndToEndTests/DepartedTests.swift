// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A program that is taken out", .scenarios, .timeLimit(.minutes(10)))
struct DepartedTests {
    private static let kept = "programs:\n  kept: {command: sleep 1000, startsecs: 0}\n"

    /// Says that it is asked to end, then waits for a word before it does.
    private static func slow(_ daemon: Daemon, log: String) -> String {
        let gate = "\(daemon.home)/gate"
        return """
              slow:
                command: [sh, -c, "trap 'echo asked; read x < \(gate); echo done; exit 0' TERM; \
            echo begun; while :; do sleep 0.05; done"]
                \(log)
                stopwaitsecs: never
                startsecs: 0
            """
    }

    /// Has a program that takes its time taken out of the configuration.
    private func taking(
        _ log: String,
        in file: String,
        _ body: (Daemon) throws -> Void
    ) throws {
        try Daemon.prepared("") { daemon in
            mkfifo("\(daemon.home)/gate", 0o600)
            daemon.configure(Self.kept + Self.slow(daemon, log: log))
            try daemon.start()
            try daemon.wait(forFile: file, toHold: "begun")
            daemon.configure(Self.kept)
            try body(daemon)
            daemon.scratch.write("gate", "x\n")
            try daemon.wait(forFile: file, toHold: "begun\nasked\ndone\n")
            try eventually("its end") { try daemon.programs().map(\.name) == ["kept"] }
        }
    }

    @Test("writes to its log to the end, whichever managers die meanwhile")
    func log() throws {
        try taking("stdout_logfile: \"%(here)s/own.log\"", in: "own.log") { daemon in
            daemon.signal(SIGHUP)
            try daemon.wait(forFile: "own.log", toHold: "asked")
            try eventually("it to be taken out") { try daemon.program("slow").state == "STOPPING" }
            // A change on top, after which nothing tells of the first any more but what is kept.
            daemon.configure("\(Self.kept)  more: {command: sleep 1000, startsecs: 0}\n")
            daemon.signal(SIGHUP)
            try eventually("another") { try daemon.programs().contains { $0.name == "more" } }
            daemon.configure(Self.kept)
            daemon.signal(SIGHUP)
            try eventually("the second change") { try daemon.programs().count == 2 }
            for _ in 1...2 { try daemon.killManager() }
            #expect(try daemon.program("slow").state == "STOPPING")
        }
    }

    @Test("and runs on when nobody knows where its output went, has a log of the usual name")
    func unknownLog() throws {
        try taking("stderr_logfile: NONE", in: "log/slow.log") { daemon in
            try daemon.killBoth()
            try daemon.start()
            #expect(try daemon.program("slow").state == "STOPPING")
        }
    }

    @Test("leaves nothing behind, however often it comes and goes")
    func nothingLeft() throws {
        let guest = "  guest: {command: sleep 1000, startsecs: 0}\n"
        try Daemon.running(Self.kept) { daemon in
            func come() throws -> Int? {
                daemon.configure(Self.kept + guest)
                #expect(try daemon.ctl("reload").status == 0)
                return try daemon.wait(for: "guest", "RUNNING").pid
            }
            func go() throws {
                daemon.configure(Self.kept)
                #expect(try daemon.ctl("reload").status == 0)
            }
            let descriptors = keptDescriptors(of: daemon)
            for _ in 1...5 {
                _ = try come()
                try go()
            }
            try eventually("nothing of it at the guardian") {
                keptDescriptors(of: daemon) == descriptors
            }
            try daemon.killManager()
            #expect(!daemon.log.contains("guest: stopped (unknown)"))
            let guest = try come()
            try go()
            let last = try come()
            #expect(last != guest)
            try daemon.killManager()
            #expect(try daemon.program("guest").pid == last)
            #expect(daemon.logLines(containing: "recorded twice").isEmpty)
            #expect(daemon.logLines(containing: "goes on with 1 programs").count == 1)
            #expect(daemon.logLines(containing: "goes on with 2 programs").count == 1)
            #expect(contents("\(daemon.home)/run/swisord.state").utf8.count < 6 * 1024)
        }
    }

    /// What the guardian keeps, in all.
    private func keptDescriptors(of daemon: Daemon) -> Int {
        names(in: "/proc/\(daemon.pid)/fd").count
    }
}
