// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("A reload")
struct FleetMembershipTests {
    var test = TestFleet()

    private func wasRemoved(_ id: MemberID) -> Bool {
        test.effects.contains(.removed(id))
    }

    @Test("adds a process STOPPED, and starts it when it is to start by itself")
    mutating func add() {
        let first = test.add("a")
        let second = test.add("b", .plain { $0.autostart = false })
        test.fleet.autostart([first, second], at: test.now)
        test.drain()
        #expect(test.state(first) == .starting)
        #expect(test.state(second) == .stopped)
    }

    @Test("forgets a process at rest at once, and a running one when it is gone")
    mutating func remove() {
        let resting = test.add("a")
        let running = test.addRunning("b")
        let waiting = test.add("c")
        test.spawnFailures[waiting] = .made(.directory)
        test.tell(.start, waiting)
        for id in [resting, running, waiting] {
            test.fleet.remove(id, at: test.now)
            test.drain()
        }
        #expect(wasRemoved(resting))
        #expect(wasRemoved(waiting))
        #expect(!wasRemoved(running))
        test.end(running)
        #expect(wasRemoved(running))
        #expect(test.fleet.count == 0)
    }

    @Test("answers those who wait for a process that it takes out")
    mutating func removeAwaited() {
        let id = test.addRunning("a")
        let stop = test.request(.stop, "a")
        test.fleet.remove(id, at: test.now)
        test.drain()
        let start = test.request(.start, "a")
        #expect(test.failures(start) == [.noSuchProcess], "it is not swisord that ends")
        test.end(id)
        #expect(test.failures(stop) == [nil])
        #expect(wasRemoved(id))
    }

    @Test("keeps a process that comes back while it is leaving")
    mutating func revive() {
        let id = test.addRunning("a")
        test.fleet.remove(id, at: test.now)
        test.drain()
        #expect(test.fleet.add(.named("a")) == id)
        test.fleet.autostart([id], at: test.now)
        test.end(id)
        #expect(!wasRemoved(id))
        #expect(test.state(id) == .starting)
        #expect(test.fleet.count == 1)
    }

    @Test("does not start what is leaving")
    mutating func leaving() {
        let id = test.addRunning("a")
        test.fleet.remove(id, at: test.now)
        test.fleet.autostart([id], at: test.now)
        test.end(id)
        #expect(wasRemoved(id))
    }

    @Test("restarts a running process by the old rules, and takes up the new ones after that")
    mutating func change() {
        let id = test.addRunning("a", .plain { $0.stopSignal = .quit })
        let new = ProcessPolicy.plain {
            $0.killAsGroup = false
            $0.startSeconds = .seconds(9)
        }
        test.fleet.change(id, to: .named("a", new), restarting: true, at: test.now)
        test.drain()
        let signals = test.effects.compactMap { effect -> Signal? in
            if case .terminate(_, _, let signal, _) = effect { signal } else { nil }
        }
        #expect(signals == [.quit])
        test.tell(.exited(.code(0)), id)
        #expect(test.state(id) == .stopping, "its group is still to be emptied")
        test.pass(.seconds(10))
        #expect(
            test.effects.contains {
                if case .kill(id, _, toGroup: true) = $0 { true } else { false }
            }
        )
        test.tell(.groupEmptied, id)
        test.tell(.executed, id)
        #expect(test.fleet[id]?.machine.deadline == test.now.advanced(by: .seconds(9)))
    }

    @Test("never turns SIGKILL for a group into one for a pid that may be another's by now")
    mutating func changeWhileEmptying() {
        let id = test.addRunning("a")
        test.tell(.stop, id)
        test.tell(.exited(.code(0)), id)
        let new = ProcessPolicy.plain { $0.killAsGroup = false }
        test.fleet.change(id, to: .named("a", new), restarting: false, at: test.now)
        test.pass(.seconds(10))
        #expect(test.killed == [id])
        #expect(
            !test.effects.contains {
                if case .kill(_, _, toGroup: false) = $0 { true } else { false }
            }
        )
    }

    @Test("without a restart lets a process run on, and the new rules hold for its end")
    mutating func changeQuietly() {
        let id = test.addRunning("a")
        let new = ProcessPolicy.plain { $0.restart = .always }
        test.fleet.change(id, to: .named("a", new), restarting: false, at: test.now)
        test.drain()
        #expect(test.effects.isEmpty)
        test.end(id, .code(0))
        #expect(test.state(id) == .starting)
    }

    @Test("tries again what was FATAL, and leaves alone what somebody has stopped")
    mutating func changeAtRest() {
        let fatal = test.add("a")
        let stopped = test.add("b")
        test.spawnFailures[fatal] = .made(.command, isPermanent: true)
        test.tell(.start, fatal)
        test.spawnFailures = [:]
        #expect(test.state(fatal) == .fatal)
        for (id, name) in [(fatal, "a"), (stopped, "b")] {
            test.fleet.change(id, to: .named(name), restarting: true, at: test.now)
            test.drain()
        }
        #expect(test.state(fatal) == .starting)
        #expect(test.state(stopped) == .stopped)
    }
}
