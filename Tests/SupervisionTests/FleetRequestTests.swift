// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("A request to a fleet")
struct FleetRequestTests {
    var test = TestFleet()

    /// The state to be in, and what comes of a command there; nil means that it has to wait.
    struct Cell: Sendable, CustomTestStringConvertible {
        let state: ProcessState
        let command: Fleet.Command
        let wait: Bool
        let failures: [CommandOutcome.Failure?]?
        let next: ProcessState

        var testDescription: String { "\(command) in \(state.name), wait \(wait)" }

        init(
            _ state: ProcessState,
            _ command: Fleet.Command,
            wait: Bool,
            _ failures: [CommandOutcome.Failure?]?,
            _ next: ProcessState
        ) {
            self.state = state
            self.command = command
            self.wait = wait
            self.failures = failures
            self.next = next
        }
    }

    static let cells: [Cell] =
        [.stopped, .exited, .fatal].flatMap { (state: ProcessState) in
            [
                Cell(state, .start, wait: true, nil, .starting),
                Cell(state, .start, wait: false, nil, .starting),
                Cell(state, .stop, wait: true, [.notRunning], state),
                Cell(state, .stop, wait: false, [.notRunning], state),
                Cell(state, .restart, wait: true, nil, .starting),
                Cell(state, .restart, wait: false, [.notRunning, nil], .starting),
            ]
        }
        + [.starting, .running].flatMap { (state: ProcessState) in
            [
                Cell(state, .start, wait: true, [.alreadyStarted], state),
                Cell(state, .start, wait: false, [.alreadyStarted], state),
                Cell(state, .stop, wait: true, nil, .stopping),
                Cell(state, .stop, wait: false, [nil], .stopping),
                Cell(state, .restart, wait: true, nil, .stopping),
                Cell(state, .restart, wait: false, [nil, nil], .stopping),
            ]
        }
        + [
            Cell(.backoff, .start, wait: true, [.alreadyStarted], .backoff),
            Cell(.backoff, .start, wait: false, [.alreadyStarted], .backoff),
            Cell(.backoff, .stop, wait: true, [nil], .stopped),
            Cell(.backoff, .stop, wait: false, [nil], .stopped),
            Cell(.backoff, .restart, wait: true, nil, .starting),
            Cell(.backoff, .restart, wait: false, [nil, nil], .starting),
            Cell(.stopping, .start, wait: true, nil, .stopping),
            Cell(.stopping, .start, wait: false, [nil], .stopping),
            Cell(.stopping, .stop, wait: true, nil, .stopping),
            Cell(.stopping, .stop, wait: false, [nil], .stopping),
            Cell(.stopping, .restart, wait: true, nil, .stopping),
            Cell(.stopping, .restart, wait: false, [nil, nil], .stopping),
        ]

    /// A member in the state wished for.
    private mutating func member(in state: ProcessState) -> MemberID {
        switch state {
        case .stopped, .unknown: return test.add("a")
        case .starting:
            let id = test.add("a")
            test.tell(.start, id)
            return id
        case .running: return test.addRunning("a")
        case .stopping:
            let id = test.addRunning("a")
            test.tell(.stop, id)
            return id
        case .exited:
            let id = test.addRunning("a")
            test.end(id)
            return id
        case .backoff, .fatal:
            let id = test.add("a")
            test.spawnFailures[id] = .made(.directory, isPermanent: state == .fatal)
            test.tell(.start, id)
            test.spawnFailures = [:]
            return id
        }
    }

    @Test("does in each state what supervisord does, and better while STOPPING", arguments: cells)
    mutating func cell(_ cell: Cell) {
        let id = member(in: cell.state)
        #expect(test.state(id) == cell.state)
        let ticket = test.request(cell.command, "a", wait: cell.wait)
        #expect(test.failures(ticket) == cell.failures)
        #expect(test.state(id) == cell.next)
        #expect(test.anomalies == 0)
    }

    @Test("to start is answered when the process is RUNNING, not before")
    mutating func startWaits() {
        let id = test.add("a")
        let ticket = test.request(.start, "a")
        test.tell(.executed, id)
        test.pass(.milliseconds(4999))
        #expect(test.answer(ticket) == nil)
        test.pass(.milliseconds(1))
        #expect(test.failures(ticket) == [nil])
    }

    @Test("to start without waiting is answered when the program is executed, or cannot be")
    mutating func startWithoutWaiting() {
        let id = test.add("a")
        let ticket = test.request(.start, "a", wait: false)
        #expect(test.answer(ticket) == nil)
        test.tell(.executed, id)
        #expect(test.failures(ticket) == [nil])
        #expect(test.state(id) == .starting)

        let other = test.add("b")
        test.spawnFailures[other] = .made(.exec, isPermanent: true)
        let refused = test.request(.start, "b", wait: false)
        #expect(
            test.failures(refused)
                == [.spawnError(.neverExecuted(.made(.exec, isPermanent: true)))]
        )
        let stopped = test.add("c")
        let calledOff = test.request(.start, "c", wait: false)
        test.tell(.stop, stopped)
        #expect(test.answer(calledOff)?.first?.failure != nil)
    }

    @Test("to start fails with the first failure, while tries go on")
    mutating func startFails() {
        let id = test.add("a")
        let ticket = test.request(.start, "a")
        test.end(id, .code(3))
        #expect(test.failures(ticket) == [.spawnError(.code(3))])
        #expect(test.state(id) == .backoff)
    }

    @Test("to start while STOPPING waits for the end and then starts")
    mutating func startWhileStopping() {
        let id = test.addRunning("a")
        let stop = test.request(.stop, "a")
        let start = test.request(.start, "a")
        #expect(test.answer(stop) == nil)
        test.end(id)
        #expect(test.failures(stop) == [nil])
        #expect(test.answer(start) == nil)
        #expect(test.state(id) == .starting)
        test.prove(id)
        #expect(test.failures(start) == [nil])
    }

    @Test("to stop while STOPPING joins the wait, and takes a start back")
    mutating func stopWhileStopping() {
        let id = test.addRunning("a")
        let stop = test.request(.stop, "a")
        let start = test.request(.start, "a")
        let again = test.request(.stop, "a")
        test.end(id)
        #expect(test.failures(stop) == [nil])
        #expect(test.failures(again) == [nil])
        #expect(test.answer(start)?.count == 1)
        #expect(test.answer(start)?.first?.failure != nil)
        #expect(test.state(id) == .stopped)
        #expect(test.terminated == [id])
    }

    @Test("to restart tells of the stop and of the start, when it is RUNNING again")
    mutating func restart() {
        let id = test.addRunning("a")
        let ticket = test.request(.restart, "a")
        test.end(id)
        #expect(test.answer(ticket) == nil)
        test.prove(id)
        #expect(test.answer(ticket)?.map(\.action) == [.stopped, .started])
        #expect(test.failures(ticket) == [nil, nil])
    }

    @Test("is answered once, when the last of its processes is where it should be")
    mutating func many() {
        let first = test.addRunning("a", group: "g")
        let second = test.addRunning("b", group: "g")
        let ticket = test.request(.stop, "g:*", "g:a", "nobody", "x:*")
        #expect(test.terminated == [first, second])
        test.end(second)
        #expect(test.answer(ticket) == nil)
        test.end(first)
        #expect(test.failures(ticket) == [.noSuchProcess, .noSuchGroup, nil, nil])
        let answers = test.effects.count { if case .answer = $0 { true } else { false } }
        #expect(answers == 1)
    }

    @Test("for all of an empty fleet is answered with nothing")
    mutating func nobody() {
        let ticket = test.request(.stop, "all")
        #expect(test.failures(ticket) == [])
    }

    @Test("starts in order of group, priority and name, and stops nobody twice")
    mutating func order() {
        let late = test.add("z", group: "b", groupPriority: 5)
        let second = test.add("a", group: "a", priority: 2, groupPriority: 5)
        let third = test.add("c", group: "a", priority: 3, groupPriority: 5)
        let first = test.add("d", group: "z", groupPriority: 1)
        test.request(.start, "all", "a:*", wait: false)
        #expect(test.spawned == [first, second, third, late])
    }

    @Test("to start sees RUNNING with startsecs 0 even when exec is told after the exit")
    mutating func executedLate() {
        let id = test.add("a", .plain { $0.startSeconds = .zero })
        let ticket = test.request(.start, "a")
        test.end(id, .code(0))
        #expect(test.failures(ticket) == [nil])
        #expect(test.state(id) == .exited)
    }
}
