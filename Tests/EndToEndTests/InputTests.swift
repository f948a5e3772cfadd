// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("Standard input", .scenarios, .timeLimit(.minutes(10)))
struct InputTests {
    private static let cat = "programs: {cat: {command: cat, stdin: PIPE, startsecs: 0}}"

    private func send(
        _ daemon: Daemon,
        _ text: String,
        to name: String = "cat"
    ) throws -> RawHTTP.Answer {
        try daemon.ask("POST", "/v1/programs/\(name)/stdin", body: text)
    }

    @Test("comes from clients, byte for byte, over the death of the manager")
    func survives() throws {
        try Daemon.running(Self.cat) { daemon in
            let pid = try daemon.wait(for: "cat", "RUNNING").pid
            #expect(try send(daemon, "one\n").status == 200)
            try daemon.wait(forFile: "log/cat.log", toHold: "one\n")
            try daemon.killManager()
            #expect(try send(daemon, "t\u{0}wo").status == 200)
            try daemon.wait(forFile: "log/cat.log", toHold: "one\nt\u{0}wo")
            #expect(try daemon.program("cat").pid == pid)
        }
    }

    @Test("goes on when guardian and manager have been killed, and a new daemon is started")
    func survivesBoth() throws {
        try Daemon.running(Self.cat) { daemon in
            let pid = try daemon.wait(for: "cat", "RUNNING").pid
            _ = try send(daemon, "one\n")
            try daemon.wait(forFile: "log/cat.log", toHold: "one\n")
            try daemon.killBoth()
            #expect(isAlive(pid), "its input has not ended")
            try daemon.start()
            #expect(try send(daemon, "two\n").status == 200)
            try daemon.wait(forFile: "log/cat.log", toHold: "one\ntwo\n")
            #expect(try daemon.program("cat").pid == pid)
        }
    }

    @Test("of a program that does not read waits up to a limit, and keeps nobody waiting")
    func fills() throws {
        let lazy = #"[sh, -c, "echo up; exec sleep 1000"]"#
        try Daemon.running(
            "programs: {lazy: {command: \(lazy), stdin: PIPE, startsecs: 0, autorestart: false}}"
        ) { daemon in
            try daemon.wait(forFile: "log/lazy.log", toHold: "up")
            let piece = String(repeating: "x", count: 500_000)
            var statuses: [Int] = []
            for _ in 1...4 { statuses.append(try send(daemon, piece, to: "lazy").status) }
            #expect(statuses == [200, 200, 503, 503])
            #expect(try send(daemon, "y", to: "lazy").status == 200, "there is still some room")
            _ = try daemon.ctl("stop", "lazy")
            #expect(try send(daemon, "y", to: "lazy").status == 409)
            let start = try daemon.ctl("start", "lazy")
            #expect(start.output == "lazy: started\n")
            #expect(try send(daemon, "new\n", to: "lazy").status == 200)
        }
    }

    @Test("is given whole to a program that reads late")
    func late() throws {
        try Daemon.prepared("") { daemon in
            let fifo = daemon.home + "/go"
            mkfifo(fifo, 0o600)
            daemon.configure(
                """
                programs:
                  late:
                    command: [sh, -c, "read x < \(fifo); head -c 900000 | cksum; exec sleep 1000"]
                    stdin: PIPE
                    startsecs: 0
                """
            )
            try daemon.start()
            try daemon.wait(for: "late", "RUNNING")
            let text = String(repeating: "0123456789abcdef\n", count: 53_000).prefix(900_000)
            #expect(try send(daemon, String(text), to: "late").status == 200)
            daemon.scratch.write("whole", String(text))
            let sum = try daemon.run("/bin/sh", ["-c", "cksum < \(daemon.home)/whole"]).output
            daemon.scratch.write("go", "x\n")
            try daemon.wait(forFile: "log/late.log", toHold: sum)
        }
    }

    @Test("is refused where there is none, and where nothing runs")
    func refused() throws {
        try Daemon.running(
            """
            programs:
              plain: {command: sleep 1000, startsecs: 0}
              shut: {command: [sh, -c, "exec <&-; echo shut; exec sleep 1000"], stdin: PIPE, startsecs: 0}
              down: {command: cat, stdin: PIPE, autostart: false}
            """
        ) { daemon in
            try daemon.wait(for: "plain", "RUNNING")
            try daemon.wait(forFile: "log/shut.log", toHold: "shut")
            for (name, code) in [
                ("plain", APIError.Code.noInput), ("shut", .noInput), ("down", .notRunning),
                ("nope", .noSuchProcess), ("plain:*", .noSuchProcess),
            ] {
                let report = try send(daemon, "x", to: name).decoded(CommandReport.self)
                #expect(report.results.map { $0.error?.code } == [code], "\(name)")
            }
            let known = try daemon.program("plain")
            #expect(known.state == "RUNNING")
        }
    }

    @Test("is typed to swisordctl fg, which shows what the program says")
    func foreground() throws {
        try Daemon.running(Self.cat) { daemon in
            try daemon.wait(for: "cat", "RUNNING")
            let fifo = daemon.home + "/typed"
            mkfifo(fifo, 0o600)
            let call = "exec \(Daemon.swisordctl) -c \(daemon.file) fg cat < \(fifo)"
            let fg = try daemon.launch("/bin/sh", ["-c", call])
            let typed = open(fifo, O_WRONLY)
            #expect(typed >= 0)
            write(typed, "hello\n", 6)
            try eventually("the echo", seeing: { contents(fg.outputPath) }) {
                contents(fg.outputPath) == "==> Press Ctrl-C to exit <==\nhello\n"
            }
            close(typed)
            let finished = try fg.finish()
            #expect(finished.output.hasSuffix("\nExiting foreground\n"))
            #expect(finished.status == 0)

            // Ctrl-C leaves as well.
            let other = try daemon.launch("/bin/sh", ["-c", call])
            let held = open(fifo, O_WRONLY)
            defer { close(held) }
            write(held, "again\n", 6)
            try eventually("the echo") { contents(other.outputPath).contains("again\n") }
            other.signal(SIGINT)
            #expect(try other.finish().status == 0)
            #expect(contents(other.outputPath).hasSuffix("\nExiting foreground\n"))
        }
    }

    @Test("has its descriptors before the outputs of others take them all")
    func fewDescriptors() throws {
        try Daemon.prepared(
            """
            programs:
              many:
                command: cat
                stdin: PIPE
                startsecs: 0
                numprocs: 40
                process_name: "%(process_num)02d"
            """
        ) { daemon in
            daemon.wrapper = ["/usr/bin/prlimit", "--nofile=256:256"]
            try daemon.start()
            // With three shares each there is enough for this many, and a reserve.
            let running = try found("those that there is room for") {
                let running = try daemon.programs().filter { $0.state == "RUNNING" }
                return running.count >= 20 ? running : nil
            }
            let name = try #require(running.first?.name)
            #expect(try send(daemon, "hello\n", to: "many:\(name)").status == 200)
            try daemon.wait(forFile: "log/many:\(name).log", toHold: "hello\n")
            let others = try daemon.programs().filter { $0.state != "RUNNING" }
            #expect(others.allSatisfy { $0.why?.contains("Too many open files") == true })
        }
    }
}
