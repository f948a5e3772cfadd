// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

@Suite("status")
struct StatusTests {
    @Test("prints supervisorctl's columns, and all is well while nothing is down")
    func table() {
        let seen = Transcript(
            "status",
            programs(
                process("comsol", description: "pid 4711, uptime 0:12:33"),
                process("web_0", "STARTING", group: "web")
            )
        )
        #expect(
            seen.output == """
                comsol                           RUNNING   pid 4711, uptime 0:12:33
                web:web_0                        STARTING  \n
                """
        )
        #expect(seen.status == 0)
        #expect(seen.requests == [.programs(.all), .daemon])
    }

    @Test("tells alarms on standard error, where no script takes them for processes")
    func alarms() {
        let list = ProgramList(programs: [process("a", description: "x")], alarms: ["fire"])
        let seen = Transcript("status", .programs(list))
        #expect(seen.output == "a                                RUNNING   x\n")
        #expect(seen.errors == "alarm: fire\n")
        #expect(seen.status == 0)
    }

    @Test("tells on standard error which files have changed since they were loaded")
    func changedFiles() {
        let list = ProgramList(programs: [process("a", description: "x")])
        var info = daemonInfo()
        info.changedFiles = ["/a", "/b", "/c", "/d", "/e"]
        let seen = Transcript("status", .programs(list), .daemon(info))
        #expect(seen.output == "a                                RUNNING   x\n")
        #expect(
            seen.errors == """
                changed since the configuration was loaded: /a
                changed since the configuration was loaded: /b
                changed since the configuration was loaded: /c
                and 2 more files
                'swisordctl update --plan' shows what an update would do

                """
        )
        #expect(seen.status == 0)
        let unchangedOrUnknown: [[String]?] = [[], nil]
        for unchanged in unchangedOrUnknown {
            info.changedFiles = unchanged
            #expect(Transcript("status", .programs(list), .daemon(info)).errors.isEmpty)
        }
        let json = Transcript("status", .programs(list), json: true)
        #expect(json.requests == [.programs(.all)])
        #expect(json.errors.isEmpty)
    }

    @Test("widens the first column by the longest name and counts characters, not bytes")
    func width() {
        let long = String(repeating: "ü", count: 31)
        let seen = Transcript(
            "status",
            programs(process(long, description: "x"), process("a", description: "y"))
        )
        let spaces = String(repeating: " ", count: 33)
        #expect(seen.output == "\(long)   RUNNING   x\na\(spaces)RUNNING   y\n")
    }

    @Test(
        "exits with 3 when a process shown is down",
        arguments: [
            ("STOPPED", 3), ("STARTING", 0), ("RUNNING", 0), ("BACKOFF", 0), ("STOPPING", 0),
            ("EXITED", 3), ("FATAL", 3), ("UNKNOWN", 3),
        ]
    )
    func exitStatus(state: String, expected: Int32) {
        #expect(Transcript("status x", programs(process("x", state))).status == expected)
    }

    @Test("prints wrong names before the table and exits with 4, or 3 when one shown is down")
    func wrongNames() {
        let missing = [
            result("nope", .listed, .noSuchProcess), result("*", group: "g", .listed, .noSuchGroup),
        ]
        let seen = Transcript(
            "status nope g:* a",
            programs(process("a", description: "d"), missing: missing)
        )
        #expect(
            seen.output == """
                nope: ERROR (no such process)
                g: ERROR (no such group)
                a                                RUNNING   d\n
                """
        )
        #expect(seen.status == 4)
        #expect(seen.requests.first == .programs(Selection(["nope", "g:*", "a"])))
        #expect(
            Transcript("status nope a", programs(process("a", "EXITED"), missing: missing)).status
                == 3
        )
    }

    @Test("shows processes in the order of the names")
    func order() {
        let seen = Transcript(
            "status b* a",
            programs(process("a", description: "1"), process("b1", description: "2"))
        )
        #expect(seen.output.split(separator: "\n").map(\.first) == ["b", "a"])
    }

    @Test("shows everything in the daemon's order when all is among the names")
    func all() {
        let seen = Transcript("status b all", programs(process("a"), process("b")))
        #expect(seen.output.split(separator: "\n").map(\.first) == ["a", "b"])
        #expect(seen.requests == [.programs(.all), .daemon])
    }

    @Test("says why in place of the description, and what became of lost output on the same line")
    func why() {
        let why = "died by SIGSEGV after 3.2 s, 2 of 3 retries, next in 4 s"
        let full = ProcessInfo.Log(
            path: "/l",
            lostBytes: 1234,
            trouble: "No space left on device"
        )
        let seen = Transcript(
            "status",
            programs(
                process("a", "BACKOFF", description: "Exited too quickly", why: why),
                process("b", description: "pid 7, uptime 0:00:09", stdout: full, stderr: full),
                process("c", description: "pid 8", stderr: .init(path: "/l", lostBytes: 1)),
                process("d", description: "pid 9", stdout: .init(path: "/l", trouble: "gone"))
            )
        )
        let lines = seen.output.split(separator: "\n").map { $0.dropFirst(33) }
        #expect(
            lines == [
                "BACKOFF   \(why)",
                """
                RUNNING   pid 7, uptime 0:00:09; \
                2468 bytes of output lost: No space left on device
                """,
                "RUNNING   pid 8; 1 byte of output lost",
                "RUNNING   pid 9; log: gone",
            ]
        )
    }

    @Test(
        "colours the state",
        arguments: [
            ("RUNNING", "32"), ("STARTING", "33"), ("BACKOFF", "33"), ("STOPPING", "33"),
            ("FATAL", "31"), ("STOPPED", "2"),
        ]
    )
    func colours(state: String, code: String) {
        let seen = Transcript(
            "status",
            programs(process("a", state, description: "d")),
            isTerminal: true,
            hasColours: true
        )
        let cell = state + String(repeating: " ", count: 10 - state.count)
        #expect(seen.output.hasSuffix("\u{1b}[\(code)m\(cell)\u{1b}[0md\n"))
    }

    @Test("colours an exit by whether it was a success")
    func exitColour() {
        func colour(_ code: Int) -> String {
            let exit = ProcessInfo.Exit(
                code: code,
                signal: nil,
                signalName: nil,
                coreDumped: false,
                text: ""
            )
            return Transcript(
                "status",
                programs(process("a", "EXITED", exit: exit)),
                isTerminal: true,
                hasColours: true
            ).output
        }
        #expect(colour(0).contains("\u{1b}[2mEXITED"))
        #expect(colour(3).contains("\u{1b}[31mEXITED"))
    }

    @Test("escapes a hostile name on a terminal, and pads what is seen of it")
    func hostileName() {
        let daemon = programs(process("a\u{1b}]0;x\u{7}", description: "d"))
        let shown = Transcript("status", daemon, isTerminal: true).output
        #expect(shown == #"a\x1b]0;x\x07"# + String(repeating: " ", count: 20) + "RUNNING   d\n")
        #expect(Transcript("status", daemon).output.hasPrefix("a\u{1b}]0;x\u{7}   "))
    }
}
