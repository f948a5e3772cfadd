// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

/// One row of supervisorctl's table of lines and exit statuses.
struct Row: CustomTestStringConvertible {
    let line: String
    let answer: Response
    let output: String
    let status: Int32

    init(_ line: String, _ answer: Response, _ output: String, _ status: Int32) {
        self.line = line
        self.answer = answer
        self.output = output
        self.status = status
    }

    var testDescription: String { "\(line): \(output.prefix { $0 != "\n" })" }
}

@Suite("start, stop, restart, signal and clear")
struct CommandTests {
    static let rows = [
        Row("start a", report(result("a", .started)), "a: started", 0),
        Row("start g:a", report(result("a", group: "g", .started)), "g:a: started", 0),
        Row(
            "start a",
            report(result("a", .started, .noSuchProcess)),
            "a: ERROR (no such process)",
            1
        ),
        Row(
            "start g:x",
            report(result("x", group: "g", .started, .noSuchProcess)),
            "g:x: ERROR (no such process)",
            1
        ),
        Row(
            "start g:*",
            report(result("*", group: "g", .started, .noSuchGroup)),
            "g: ERROR (no such group)",
            2
        ),
        Row("start a", report(result("a", .started, .noSuchFile)), "a: ERROR (no such file)", 1),
        Row(
            "start a",
            report(result("a", .started, .notExecutable)),
            "a: ERROR (file is not executable)",
            1
        ),
        Row(
            "start a",
            report(result("a", .started, .alreadyStarted)),
            "a: ERROR (already started)",
            0
        ),
        Row("start a", report(result("a", .started, .spawnError)), "a: ERROR (spawn error)", 7),
        Row(
            "start a",
            report(result("a", .started, .abnormalTermination)),
            "a: ERROR (abnormal termination)",
            7
        ),
        Row("stop a", report(result("a", .stopped)), "a: stopped", 0),
        Row(
            "stop a",
            report(result("a", .stopped, .noSuchProcess)),
            "a: ERROR (no such process)",
            1
        ),
        Row(
            "stop g:",
            report(result("*", group: "g", .stopped, .noSuchGroup)),
            "g: ERROR (no such group)",
            1
        ),
        Row("stop a", report(result("a", .stopped, .notRunning)), "a: ERROR (not running)", 0),
        Row("signal HUP a", report(result("a", .signalled)), "a: signalled", 0),
        Row(
            "signal HUP a",
            report(result("a", .signalled, .notRunning)),
            "a: ERROR (not running)",
            7
        ),
        Row(
            "signal HUP a",
            report(result("a", .signalled, .noSuchProcess)),
            "a: ERROR (no such process)",
            1
        ),
        Row(
            "signal X a",
            report(result("a", .signalled, .badSignal)),
            "a: ERROR (bad signal name)",
            1
        ),
        Row(
            "signal X a g:b",
            .failure(APIError(.badSignal, "no signal 'X'")),
            "a: ERROR (bad signal name)\ng:b: ERROR (bad signal name)",
            1
        ),
        Row("clear a", report(result("a", .cleared)), "a: cleared", 0),
        Row("clear a", report(result("a", .cleared, .failed, "disk")), "a: ERROR (failed)", 1),
        Row(
            "clear a",
            report(result("a", .cleared, .noSuchProcess)),
            "a: ERROR (no such process)",
            1
        ),
        Row(
            "start a",
            .failure(APIError(.shuttingDown, "swisord is shutting down")),
            "error: swisord is shutting down",
            1
        ),
        Row(
            "stop a",
            .daemon(daemonInfo()),
            "error: unix:///run/s.sock: unexpected answer",
            1
        ),
    ]

    @Test("print supervisorctl's lines and exit with its numbers", arguments: rows)
    func table(row: Row) {
        let seen = Transcript(row.line, row.answer)
        #expect(seen.output == row.output + "\n")
        #expect(seen.status == row.status)
    }

    @Test("send what was asked for as one request")
    func requests() {
        let asked: [(String, Request)] = [
            ("start a g:* w?b", .start(Selection(["a", "g:*", "w?b"]), wait: true)),
            ("start a all", .start(.all, wait: true)),
            ("stop a", .stop(Selection(["a"]), wait: true)),
            ("restart a b", .restart(Selection(["a", "b"]), wait: true)),
            ("signal USR1 a b", .signal(Selection(["a", "b"]), name: "USR1")),
            ("signal USR1 all", .signal(.all, name: "USR1")),
            ("clear all", .clear(.all)),
        ]
        for (line, request) in asked {
            #expect(Transcript(line, report()).requests == [request])
        }
    }

    @Test("print results in the order of the names, and of the daemon within one name")
    func order() {
        let seen = Transcript(
            "stop b g:* a",
            report(
                result("a", .stopped),
                result("2", group: "g", .stopped),
                result("1", group: "g", .stopped),
                result("b", .stopped)
            )
        )
        #expect(seen.output == "b: stopped\ng:2: stopped\ng:1: stopped\na: stopped\n")
    }

    @Test("exit with what the last trouble says; a later success changes nothing")
    func lastTrouble() {
        let seen = Transcript(
            "start a b c",
            report(
                result("a", .started, .noSuchProcess),
                result("b", .started, .spawnError),
                result("c", .started)
            )
        )
        #expect(seen.status == 7)
    }

    @Test("tell the daemon's reason on standard error, where the line only has a phrase")
    func detail() {
        func errors(_ message: String, hint: String? = nil) -> String {
            var failed = result("a", .started, .spawnError, message)
            failed.error?.hint = hint
            let seen = Transcript("start a", report(failed))
            #expect(seen.output == "a: ERROR (spawn error)\n")
            return seen.errors
        }
        #expect(errors("directory: /nope: No such file") == "a: directory: /nope: No such file\n")
        #expect(errors("a: exec: no", hint: "look") == "a: exec: no; look\n")
        #expect(errors("") == "")
    }

    @Test(
        "leave out what needs nothing done, unless it was named",
        arguments: [
            ("stop", CommandResult.Action.stopped, APIError.Code.notRunning),
            ("start", .started, .alreadyStarted),
            ("signal HUP", .signalled, .notRunning),
        ]
    )
    func nothingToDo(verb: String, action: CommandResult.Action, code: APIError.Code) {
        let answer = report(
            result("a", group: "g", action),
            result("b", group: "g", action, code),
            result("c", action, code)
        )
        let done = Transcript("\(verb) g:a", report(result("a", group: "g", action))).output
        for names in ["all", "all g:b", "g:* ?", "*:*"] {
            let seen = Transcript("\(verb) \(names)", answer)
            #expect(seen.output == done)
            #expect(seen.status == 0)
        }
        let named = Transcript("\(verb) g:* g:b c", answer)
        #expect(named.output.contains("\ng:b: ERROR ("))
        #expect(named.output.contains("\nc: ERROR ("))
    }

    @Test("restart prints all that was stopped, then all that was started")
    func restart() {
        let seen = Transcript(
            "restart a b",
            report(
                result("a", .stopped),
                result("a", .started),
                result("b", .stopped, .notRunning),
                result("b", .started, .spawnError)
            )
        )
        #expect(
            seen.output
                == "a: stopped\nb: ERROR (not running)\na: started\nb: ERROR (spawn error)\n"
        )
        #expect(seen.status == 7)
    }

    @Test("restart complains of a wrong name twice, as a stop and a start do")
    func restartOfNothing() {
        let process = Transcript("restart a", report(result("a", .started, .noSuchProcess)))
        #expect(process.output == "a: ERROR (no such process)\na: ERROR (no such process)\n")
        #expect(process.status == 1)
        let group = Transcript(
            "restart g:*",
            report(result("*", group: "g", .stopped, .noSuchGroup))
        )
        #expect(group.output == "g: ERROR (no such group)\ng: ERROR (no such group)\n")
        #expect(group.status == 2)
    }

    @Test(
        "say how they are written when a name is missing",
        arguments: [
            ("start", "start requires a process name", 2),
            ("stop", "stop requires a process name", 1),
            ("restart", "restart requires a process name", 1),
            ("signal", "signal requires a signal name and a process name", 1),
            ("signal HUP", "signal requires a signal name and a process name", 1),
            ("clear", "clear requires a process name", 1),
        ]
    )
    func noNames(line: String, complaint: String, status: Int32) {
        let seen = Transcript(line)
        let verb = line.prefix { $0 != " " }
        #expect(seen.output.hasPrefix("Error: \(complaint)\n\(verb) <"))
        #expect(seen.status == status)
        #expect(seen.requests.isEmpty)
    }
}
