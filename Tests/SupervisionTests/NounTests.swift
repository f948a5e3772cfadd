// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("A signal")
struct SignalTests {
    @Test(
        "is known by name, with or without SIG, in any case, and by number",
        arguments: [
            ("TERM", 15), ("SIGTERM", 15), ("sigterm", 15), ("Kill", 9), ("15", 15), ("1", 1),
            ("64", 64), ("IOT", 6), ("ABRT", 6), ("CLD", 17), ("POLL", 29), ("IO", 29),
            ("RTMIN", 34), ("SIGRTMIN+3", 37), ("rtmax", 64), ("RTMAX-30", 34), ("SYS", 31),
        ] as [(String, Int32)]
    )
    func parses(_ text: String, _ number: Int32) {
        #expect(Signal(text)?.rawValue == number)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "0", "65", "-1", "+15", " 15", "15 ", "1e1", "SIG", "SIG15", "SIGSIGTERM", "TERMS",
            "RTMIN+31", "RTMIN+-1", "RTMIN++3", "RTMAX-31", "RTMAX+1", "99999999999999999999",
            "s\u{131}gterm", "٣",
        ]
    )
    func refuses(_ text: String) {
        #expect(Signal(text) == nil)
    }

    @Test("has a name that reads back as itself")
    func roundTrip() {
        for number in (1...64 as ClosedRange<Int32>) where number != 32 && number != 33 {
            let signal = Signal(rawValue: number)
            #expect(signal.flatMap { Signal($0.name) } == signal)
        }
    }
}

@Suite("A backoff")
struct BackoffTests {
    @Test(
        "grows by its factor up to its maximum",
        arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (6, 32), (7, 60), (8, 60), (.max, 60)]
            as [(Int, Int)]
    )
    func grows(_ failures: Int, _ seconds: Int) {
        #expect(Backoff().delay(afterFailures: failures, noise: 0) == .seconds(seconds))
    }

    @Test("is varied by its jitter at most, and never negative")
    func varies() {
        var backoff = Backoff()
        #expect(backoff.delay(afterFailures: 1, noise: 1) == .seconds(1.1))
        #expect(backoff.delay(afterFailures: 1, noise: -1) == .seconds(0.9))
        backoff.jitter = 1
        #expect(backoff.delay(afterFailures: 9, noise: -1) == .zero)
    }

    @Test("starts no higher than its maximum")
    func isCapped() {
        var backoff = Backoff()
        backoff.initial = .seconds(600)
        #expect(backoff.delay(afterFailures: 1, noise: 0) == .seconds(60))
    }
}

@Suite("A selector")
struct SelectorTests {
    static let names = [
        ProcessName(group: "cat", process: "cat"), ProcessName(group: "web", process: "web_00"),
        ProcessName(group: "web", process: "web_01"), ProcessName(group: "ähre", process: "ü"),
    ]

    @Test(
        "names processes",
        arguments: [
            ("all", 4), ("*", 4), ("cat", 1), ("cat:cat", 1), ("web", 0), ("web_00", 0),
            ("web:web_00", 1), ("web:*", 2), ("web:", 2), ("web:web_0?", 2), ("w*:*1", 1),
            ("web*", 2), ("*_00", 1), ("c?t", 1), ("c??t", 0), ("?at:*", 1), ("ähre:?", 1),
            ("?hre:*", 1), ("*:*", 4), ("nobody", 0), ("nobody:*", 0), ("", 0), (":", 0),
            ("**a**t**", 1), ("cat*", 1), ("*cat*dog", 0),
        ] as [(String, Int)]
    )
    func matches(_ pattern: String, _ count: Int) {
        let selector = ProcessSelector(pattern)
        #expect(Self.names.filter(selector.matches).count == count)
    }

    @Test("misses a group where it asks for one, else a process")
    func failures() {
        #expect(ProcessSelector("x:*").failureWhenEmpty == .noSuchGroup)
        #expect(ProcessSelector("x:").failureWhenEmpty == .noSuchGroup)
        #expect(ProcessSelector("x:y").failureWhenEmpty == .noSuchProcess)
        #expect(ProcessSelector("x").failureWhenEmpty == .noSuchProcess)
    }

    @Test("is matched in quadratic time at most")
    func isQuick() {
        let text = String(repeating: "a", count: 2000)
        let pattern = String(repeating: "a*", count: 200) + "b"
        #expect(!ProcessSelector(pattern).matches(ProcessName(group: text, process: text)))
    }
}

@Suite("What became of a process")
struct ExitStatusTests {
    @Test(
        "is told in words",
        arguments: [
            (.code(0), "exit status 0"), (.code(3), "exit status 3"),
            (.signal(.segmentationFault, coreDumped: true), "terminated by SIGSEGV (core dumped)"),
            (.signal(.kill, coreDumped: false), "terminated by SIGKILL"),
            (.unknown, "exit status unknown"),
            (.neverExecuted(.made(.directory)), "directory: /nope: No such file or directory"),
        ] as [(Supervision.ExitStatus, String)]
    )
    func text(_ status: Supervision.ExitStatus, _ text: String) {
        #expect(status.description == text)
    }

    @Test("is expected only by its exit code")
    func isExpected() {
        let policy = ProcessPolicy.plain { $0.exitCodes = [0, 9] }
        #expect(policy.expects(.code(9)))
        #expect(!policy.expects(.code(1)))
        #expect(!policy.expects(.signal(.kill, coreDumped: false)))
        #expect(!policy.expects(.unknown))
    }
}

@Suite("An instant")
struct InstantTests {
    @Test("saturates at its ends instead of overflowing")
    func saturates() {
        let first = Instant(nanoseconds: .min)
        let last = Instant(nanoseconds: .max)
        #expect(last.advanced(by: .nanoseconds(1)) == last)
        #expect(first.advanced(by: .nanoseconds(-1)) == first)
        #expect(epoch.advanced(by: .seconds(Int64.max)) == last)
        #expect(epoch.advanced(by: .seconds(-5)) < epoch)
        #expect(last.duration(since: first) > .seconds(18_000_000_000))
    }

    @Test("counts durations in whole nanoseconds, saturated")
    func nanoseconds() {
        #expect(Duration.seconds(1.5).wholeNanoseconds == 1_500_000_000)
        #expect(Duration.seconds(-1.5).wholeNanoseconds == -1_500_000_000)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
        let edge = Duration.nanoseconds(Int64.min) - .nanoseconds(1)
        #expect(edge.wholeNanoseconds == .min)
        #expect((Duration.nanoseconds(Int64.max) + .nanoseconds(1)).wholeNanoseconds == .max)
    }
}
