// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("Output that is more than text", .scenarios, .timeLimit(.minutes(10)))
struct OutputTests {
    private func payloads(_ watch: EventWatch, _ event: String) throws -> [String] {
        try watch.notes().filter { $0.event == event }.compactMap(\.payload)
    }

    @Test("makes events of messages between tags, which do not go to the log")
    func messages() throws {
        let script = """
            printf 'before\\n<!--XSUPER'; printf 'VISOR:BEGIN-->one\\ntwo<!--XSUPERVISOR:END-->after\\n'
            printf '<!--XSUPERVISOR:BEGIN-->0123456789<!--XSUPERVISOR:END-->' >&2
            printf 'the end\\n'; exec sleep 1000
            """
        try Daemon.running(
            """
            programs:
              a:
                command: [sh, -c, "\(script.escaped)"]
                autostart: false
                stdout_capture_maxbytes: 1KB
                stderr_capture_maxbytes: 4
            """
        ) { daemon in
            let watch = try EventWatch(daemon.socket, "?types=PROCESS_COMMUNICATION")
            _ = try daemon.ctl("start", "a")
            try daemon.wait(forFile: "log/a.log", toHold: "the end\n")
            try eventually("both messages") { try watch.notes().count == 2 }
            let pid = try daemon.program("a").pid
            let head = "processname:a groupname:a pid:\(pid)\n"
            #expect(try payloads(watch, "PROCESS_COMMUNICATION_STDOUT") == [head + "one\ntwo"])
            #expect(try payloads(watch, "PROCESS_COMMUNICATION_STDERR") == [head + "6789"])
            #expect(daemon.scratch.read("log/a.log") == "before\nafter\nthe end\n")
            #expect(daemon.scratch.read("log/a.err.log") == "")
        }
    }

    @Test("of which the end is missing goes to the log when the program has ended")
    func noEnd() throws {
        let text = "<!--XSUPERVISOR:BEGIN-->half of it\\033[3"
        try Daemon.running(
            """
            programs:
              a:
                command: [printf, "\(text.escaped)"]
                stdout_capture_maxbytes: 1KB
                strip_ansi: true
                startsecs: 0
                autorestart: false
            """
        ) { daemon in
            try daemon.wait(
                forFile: "log/a.log",
                toHold: "<!--XSUPERVISOR:BEGIN-->half of it\u{1B}[3"
            )
        }
    }

    @Test(
        "is kept apart from what the next run writes, which begins anew",
        arguments: [[], ["--no-guardian"]]
    )
    func nextRun(_ options: [String]) throws {
        let script = """
            if [ -e %(here)s/once ]; then
            printf 'text<!--XSUPERVISOR:BEGIN-->whole<!--XSUPERVISOR:END-->\\033[1mbold\\n'
            exec sleep 1000; fi; : >%(here)s/once; printf '<!--XSUPERVISOR:BEGIN-->half'
            """
        try Daemon.prepared(
            """
            programs:
              a:
                command: [sh, -c, "\(script.escaped)"]
                stdout_capture_maxbytes: 1KB
                strip_ansi: true
                startsecs: 0
                autorestart: true
                backoff: {initial: 1ms, max: 1ms}
            """
        ) { daemon in
            try daemon.start(options)
            let watch = try EventWatch(daemon.socket, "?types=PROCESS_COMMUNICATION&after=0")
            try daemon.wait(forFile: "log/a.log", toHold: "bold\n")
            let begin = "<!--XSUPERVISOR:BEGIN-->"
            #expect(daemon.scratch.read("log/a.log") == begin + "halftextbold\n")
            try eventually("the message") { try watch.notes().count == 1 }
            let pid = try daemon.program("a").pid
            #expect(
                try payloads(watch, "PROCESS_COMMUNICATION_STDOUT")
                    == ["processname:a groupname:a pid:\(pid)\nwhole"]
            )
        }
    }

    @Test("is told before the end of who wrote it", arguments: [[], ["--no-guardian"]])
    func lastWords(_ options: [String]) throws {
        try Daemon.prepared(
            """
            programs:
              a:
                command: [sh, -c, "printf last"]
                stdout_events_enabled: true
                stdout_logfile: NONE
                startsecs: 0
                autorestart: false
            """
        ) { daemon in
            try daemon.start(options)
            let types = "?types=PROCESS_LOG,PROCESS_STATE&after=0"
            let watch = try EventWatch(daemon.socket, types)
            try eventually("its end") {
                try watch.notes().contains { $0.event == "PROCESS_STATE_EXITED" }
            }
            let events = try watch.notes().compactMap(\.event)
            #expect(events.suffix(2) == ["PROCESS_LOG_STDOUT", "PROCESS_STATE_EXITED"])
        }
    }

    @Test("makes events of all of it, also where no log is kept")
    func all() throws {
        try Daemon.running(
            """
            programs:
              a:
                command: [sh, -c, "printf 'a\\\\351b\\\\n'; exec sleep 1000"]
                stdout_events_enabled: true
                stdout_logfile: NONE
              b:
                command: [sh, -c, "printf 'größe' >&2; exec sleep 1000"]
                stderr_events_enabled: true
                redirect_stderr: false
            """
        ) { daemon in
            let watch = try EventWatch(daemon.socket, "?types=PROCESS_LOG&after=0")
            try eventually("both outputs") { try watch.notes().count == 2 }
            let a = try daemon.program("a").pid
            let b = try daemon.program("b").pid
            #expect(
                try payloads(watch, "PROCESS_LOG_STDOUT") == [
                    "processname:a groupname:a pid:\(a) channel:stdout\n"
                        + #"Undecodable: b'a\xe9b\n'"#
                ]
            )
            #expect(
                try payloads(watch, "PROCESS_LOG_STDERR") == [
                    "processname:b groupname:b pid:\(b) channel:stderr\n" + #"gr\xf6\xdfe"#
                ]
            )
            #expect(daemon.scratch.read("log/b.err.log") == "größe")
        }
    }

    @Test("is stripped of colours, and no byte is lost or doubled by the deaths of managers")
    func stripped() throws {
        let script = """
            i=0; while [ $i -lt 20000 ]; do printf '\\033[1;31mline\\033[0m %d\\n' $i; i=$((i+1)); done
            exec sleep 1000
            """
        try Daemon.running(
            """
            programs:
              a:
                command: [sh, -c, "\(script.escaped)"]
                stdout_logfile_maxbytes: 0
            """,
            settings: ["strip_ansi: true"]
        ) { daemon in
            for _ in 1...5 { try daemon.killManager() }
            try daemon.wait(forFile: "log/a.log", toHold: "line 19999\n")
            let lines = daemon.scratch.read("log/a.log").split(separator: "\n").map(String.init)
            #expect(lines == (0..<20000).map { "line \($0)" })
        }
    }

    @Test("is treated as the file says from an update on")
    func update() throws {
        let script = """
            trap 'printf "\\\\033[31mred\\\\033[0m\\\\n"' USR1; while :; do sleep 1000 & wait; done
            """
        func file(_ more: String) -> String {
            "programs: {a: {command: [bash, -c, \"\(script.escaped)\"], startsecs: 0\(more)}}"
        }
        try Daemon.running(file("")) { daemon in
            try daemon.wait(for: "a", "RUNNING")
            let pid = try daemon.program("a").pid
            try eventually("a coloured line") {
                _ = try daemon.ctl("signal", "USR1", "a")
                return daemon.scratch.read("log/a.log").contains("\u{1B}[31mred\u{1B}[0m\n")
            }
            let watch = try EventWatch(daemon.socket, "?types=PROCESS_LOG")
            daemon.configure(file(", strip_ansi: true, stdout_events_enabled: true"))
            #expect(try daemon.ctl("update").status == 0)
            try eventually("one without colour") {
                _ = try daemon.ctl("signal", "USR1", "a")
                return daemon.scratch.read("log/a.log").contains("\nred\n")
            }
            let head = "processname:a groupname:a pid:\(pid) channel:stdout\n"
            try eventually("its event") {
                _ = try daemon.ctl("signal", "USR1", "a")
                return try payloads(watch, "PROCESS_LOG_STDOUT").contains(head + "red\n")
            }
            #expect(try daemon.program("a").pid == pid)
        }
    }
}

extension String {
    /// As it stands between quotation marks in YAML.
    fileprivate var escaped: String {
        replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
