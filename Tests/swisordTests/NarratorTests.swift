// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@testable import swisord

@Suite("A line of the activity log")
struct NarratorTests {
    private func run(
        _ policy: ProcessPolicy,
        _ body: (inout Driven) -> Void
    ) -> [String] {
        var process = Driven(policy, ProcessName(group: "g", process: "web"))
        process.start()
        process.handle(.executed)
        body(&process)
        return process.lines
    }

    @Test("tells a start and that it has come about, as supervisord does")
    func success() {
        let lines = run(.plain()) { $0.pass(.seconds(1)) }
        #expect(
            lines == [
                "spawned: 'g:web' with pid 42",
                "success: g:web entered RUNNING state, process has stayed up for "
                    + "> than 1 seconds (startsecs)",
            ]
        )
        let fractions = run(.plain { $0.startSeconds = .milliseconds(1500) }) {
            $0.pass(.seconds(2))
        }
        #expect(fractions.last?.hasSuffix("> than 1.5 seconds (startsecs)") == true)
    }

    @Test("tells an end: how, and whether it was expected")
    func exits() {
        let expected = run(.plain()) {
            $0.pass(.seconds(2))
            $0.handle(.exited(.code(0)))
        }
        #expect(expected.last == "exited: g:web (exit status 0; expected)")
        let unexpected = run(.plain { $0.restart = .never }) {
            $0.pass(.seconds(2))
            $0.handle(.exited(.signal(.segmentationFault, coreDumped: true)))
        }
        #expect(
            unexpected.last == "exited: g:web (terminated by SIGSEGV (core dumped); not expected)"
        )
    }

    @Test("tells a stop, and the kill of one that does not obey")
    func stops() {
        let lines = run(.plain()) {
            $0.pass(.seconds(2))
            $0.stop()
            $0.pass(.seconds(11))
            $0.handle(.exited(.signal(.kill, coreDumped: false)))
        }
        #expect(
            lines.suffix(2) == [
                "killing 'g:web' (42) with SIGKILL", "stopped: g:web (terminated by SIGKILL)",
            ]
        )
    }

    @Test("tells why a process was given up")
    func fatal() {
        let quick = run(.plain { $0.startRetries = 0 }) { $0.handle(.exited(.code(1))) }
        #expect(
            quick.last
                == "gave up: g:web entered FATAL state, too many start retries too quickly"
        )
        var missing = Driven(.plain())
        missing.start()
        missing.handle(.exited(.neverExecuted(.missingCommand)))
        #expect(
            missing.lines == [
                "spawned: 'web' with pid 42",
                "spawnerr: web: exec: /nope: No such file or directory",
                "gave up: web entered FATAL state, exec: /nope: No such file or directory",
            ]
        )
    }

    @Test("has the level that tells trouble apart")
    func levels() {
        let fleet = Fleet(seed: 1)
        let name = ProcessName(group: "web", process: "web")
        let id = MemberID(rawValue: 0)
        func level(_ report: FleetReport) -> String? {
            Narrator().line(for: report, in: fleet).map { "\($0.level)" }
        }
        func exit(_ code: Int32, expected: Bool) -> FleetReport {
            .exited(id, name, 1, .code(code), expected: expected, wasStopping: false)
        }
        #expect(level(.spawned(id, name, 1)) == "info")
        #expect(level(exit(0, expected: true)) == "info")
        #expect(level(exit(1, expected: false)) == "warning")
        #expect(level(.killing(id, name, 1)) == "warning")
        #expect(level(.waiting(id, name)) == "info")
        #expect(level(.anomaly(id, name, "text")) == "critical")
        #expect(level(.changed(id, name, StateChange(from: .starting, to: .backoff))) == nil)
    }

    @Test("tells once that a log cannot be written, and once that it can be again")
    func logTrouble() {
        func line(_ before: String?, _ now: String?) -> String? {
            LogTrouble(log: "the stdout log of web", before: before, now: now, lostBytes: 7).line?
                .text
        }
        #expect(line(nil, nil) == nil)
        #expect(line("full", "full") == nil)
        #expect(
            line(nil, "full")
                == "the stdout log of web cannot be written, what it should hold is lost: full"
        )
        let waiting = LogTrouble(
            log: "the stdout log of web",
            before: nil,
            now: "full",
            lostBytes: 0,
            isWaitedFor: true
        )
        #expect(
            waiting.line?.text
                == "the stdout log of web cannot be written, the program comes to wait: full"
        )
        #expect(
            line("full", nil)
                == "the stdout log of web is written again; 7 bytes have been lost so far"
        )
    }
}
