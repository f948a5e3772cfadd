// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@testable import swisord

@Suite("The words of status")
struct StatusTextTests {
    @Test(
        "have an uptime as Python prints one",
        arguments: [
            (0, "0:00:00"), (9, "0:00:09"), (59, "0:00:59"), (60, "0:01:00"), (3661, "1:01:01"),
            (36_000, "10:00:00"), (86_399, "23:59:59"), (86_400, "1 day, 0:00:00"),
            (180_000, "2 days, 2:00:00"), (-5, "0:00:00"),
        ]
    )
    func uptime(seconds: Int, text: String) {
        let status = StatusText(now: Instant(nanoseconds: 0), wallNow: 0)
        #expect(status.uptime(.seconds(seconds)) == text)
    }

    @Test("say nothing more where the state says it all")
    func silent() {
        var process = Driven(.plain())
        #expect(process.description == "Not started")
        #expect(process.why == nil)
        process.start()
        #expect(process.description == "")
        process.handle(.executed)
        #expect(process.why == nil)
        process.pass(.seconds(3725))
        #expect(process.description == "pid 42, uptime 1:02:05")
        #expect(process.why == nil)
    }

    @Test("say that the program has not been executed yet")
    func pending() {
        var process = Driven(.plain())
        process.start()
        #expect(process.why == "waiting for the program to be executed")
    }

    @Test("say how a program died, which retry it is, and when the next comes")
    func backoff() {
        var process = Driven(.plain { $0.startSeconds = .seconds(10) })
        process.start()
        process.handle(.executed)
        process.pass(.milliseconds(3200))
        process.handle(.exited(.signal(.segmentationFault, coreDumped: true)))
        #expect(process.description == "died by SIGSEGV (core dumped) after 3.2 s")
        #expect(
            process.why
                == "died by SIGSEGV (core dumped) after 3.2 s, 1 of 3 retries, next in 1 s"
        )
    }

    @Test("count retries without an end")
    func forever() {
        var process = Driven(.plain { $0.startRetries = nil })
        process.start()
        process.handle(.executed)
        process.handle(.exited(.code(3)))
        #expect(process.why == "exited with status 3 after 0.0 s, retry 1, next in 1 s")
    }

    @Test("say after how many attempts it was given up")
    func fatal() {
        var process = Driven(.plain { $0.startRetries = 0 })
        process.start()
        process.handle(.executed)
        process.handle(.exited(.code(3)))
        #expect(process.why == "gave up after 1 attempt: exited with status 3 after 0.0 s")
        #expect(process.description == "exited with status 3 after 0.0 s")
    }

    @Test("name the step that failed for good, and nothing else")
    func permanent() {
        var process = Driven(.plain())
        process.start()
        process.handle(.exited(.neverExecuted(.missingCommand)))
        #expect(process.why == "exec: /nope: No such file or directory")
    }

    @Test("say why an exit was not expected")
    func exited() {
        var process = Driven(.plain { $0.restart = .never })
        process.start()
        process.handle(.executed)
        process.pass(.seconds(3600))
        process.handle(.exited(.signal(.hangup, coreDumped: false)))
        #expect(process.why == "died by SIGHUP after 1:00:00, not expected")
        var expected = Driven(.plain())
        expected.start()
        expected.handle(.executed)
        expected.pass(.seconds(60))
        expected.handle(.exited(.code(0)))
        #expect(expected.why == nil)
    }

    @Test("say what a stop is waiting for")
    func stopping() {
        var process = Driven(.plain())
        process.start()
        process.handle(.executed)
        process.pass(.seconds(60))
        process.stop()
        #expect(process.why == "waiting for pid 42 to end, SIGKILL in 10 s")
        process.pass(.milliseconds(500))
        #expect(process.why == "waiting for pid 42 to end, SIGKILL in 10 s")
        process.pass(.seconds(10))
        #expect(process.why == "SIGKILL sent to pid 42, not gone yet")
        process.handle(.exited(.signal(.kill, coreDumped: false)))
        #expect(process.why == "pid 42 has ended, others of its processes have not")
        process.handle(.groupEmptied)
        #expect(process.why == nil)
        #expect(process.description?.contains(":") == true, "a time of day")
    }

    @Test("wait for ever without naming an end")
    func never() {
        var process = Driven(.plain { $0.stopWait = nil })
        process.start()
        process.handle(.executed)
        process.stop()
        #expect(process.why == "waiting for pid 42 to end")
    }
}
