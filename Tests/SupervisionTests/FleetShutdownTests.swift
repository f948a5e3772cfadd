// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("A shutdown")
struct FleetShutdownTests {
    var test = TestFleet()

    private mutating func shutDown() {
        test.fleet.shutDown(at: test.now)
        test.drain()
    }

    private var completions: Int { test.effects.count { $0 == .shutdownComplete } }

    @Test("of a fleet at rest is complete at once, and once")
    mutating func atRest() {
        _ = test.add("a")
        shutDown()
        shutDown()
        #expect(completions == 1)
    }

    @Test("stops one group priority after the other, the highest first")
    mutating func priorities() {
        let base = test.addRunning("a", groupPriority: 1)
        let left = test.addRunning("b", groupPriority: 9)
        let right = test.addRunning("c", groupPriority: 9)
        test.forgetEffects()
        shutDown()
        #expect(test.terminated == [right, left])
        test.end(left)
        #expect(test.terminated == [right, left])
        test.end(right)
        #expect(test.terminated == [right, left, base])
        #expect(completions == 0)
        test.end(base)
        #expect(completions == 1)
    }

    @Test("takes back a restart that waits for a stop, and ends a backoff")
    mutating func waitsForNobody() {
        let id = test.addRunning("a")
        let failing = test.add("b")
        test.spawnFailures[failing] = .made(.directory)
        test.tell(.start, failing)
        #expect(test.state(failing) == .backoff)
        let restart = test.request(.restart, "a")
        shutDown()
        #expect(test.state(failing) == .stopped)
        test.end(id)
        #expect(test.state(id) == .stopped)
        #expect(test.answer(restart)?.last?.failure != nil)
        #expect(completions == 1)
    }

    @Test("refuses starts from then on, and still answers stops")
    mutating func refuses() {
        let id = test.addRunning("a")
        _ = test.add("b")
        shutDown()
        let start = test.request(.start, "b")
        #expect(test.failures(start) == [.shuttingDown])
        let stop = test.request(.stop, "a")
        test.end(id)
        #expect(test.failures(stop) == [nil])
    }

    @Test("asked for twice kills everything that is left, whatever its turn")
    mutating func twice() {
        let base = test.addRunning("a", groupPriority: 1, .plain { $0.stopWait = nil })
        let top = test.addRunning("b", groupPriority: 9, .plain { $0.stopWait = nil })
        test.forgetEffects()
        shutDown()
        #expect(test.killed == [])
        shutDown()
        #expect(test.killed == [top, base])
        test.end(top, .signal(.kill, coreDumped: false))
        test.end(base, .signal(.kill, coreDumped: false))
        #expect(completions == 1)
    }

    @Test("forgets nobody whose priority changes meanwhile")
    mutating func priorityChanges() {
        let base = test.addRunning("a", groupPriority: 1)
        let top = test.addRunning("b", groupPriority: 9)
        shutDown()
        test.fleet.change(base, to: .named("a", groupPriority: 5), restarting: false, at: test.now)
        test.end(top)
        #expect(completions == 0)
        test.end(base)
        #expect(completions == 1)
    }
}
