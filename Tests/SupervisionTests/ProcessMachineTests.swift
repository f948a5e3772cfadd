// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

/// One row of the table at the top of `ProcessMachine`.
struct Row: Sendable, CustomTestStringConvertible {
    typealias Event = ProcessMachine.Event
    typealias Phase = ProcessMachine.Phase

    let testDescription: String
    let policy: ProcessPolicy
    /// What brings the machine to the phase of the row.
    let before: [Event]
    let event: Event
    let effect: ProcessMachine.Effect
    let phase: @Sendable (ProcessMachine.Run) -> Phase

    init(
        _ description: String,
        _ before: [Event],
        _ event: Event,
        _ effect: ProcessMachine.Effect,
        policy: ProcessPolicy = .plain(),
        _ phase: @escaping @Sendable (ProcessMachine.Run) -> Phase
    ) {
        testDescription = description
        self.policy = policy
        self.before = before
        self.event = event
        self.effect = effect
        self.phase = phase
    }
}

private let once = ProcessPolicy.plain { $0.startSeconds = .zero }
private let strict = ProcessPolicy.plain { $0.startRetries = 0 }
private let always = ProcessPolicy.plain { $0.restart = .always }
private let onceAlways = ProcessPolicy.plain {
    $0.startSeconds = .zero
    $0.restart = .always
}
private let leaderOnly = ProcessPolicy.plain { $0.killAsGroup = false }

private let starting: [Row.Event] = [.start, .spawned(7)]
private let running = starting + [.executed, .deadlineReached]
private let stopping = running + [.stop]
private let killing = stopping + [.deadlineReached]
private let emptying = stopping + [.exited(.code(0))]
private let backoff = starting + [.exited(.code(1))]
private let exited = running + [.exited(.code(0))]
private let restarting = running + [.exited(.code(3))]
private let fatal: [Row.Event] = [.start, .spawnFailed(.made(.command, isPermanent: true))]

private let rows: [Row] = [
    Row("stopped start", [], .start, .spawn) { _ in .spawning(failures: 0) },
    Row("exited start", exited, .start, .spawn) { _ in .spawning(failures: 0) },
    Row("fatal start", fatal, .start, .spawn) { _ in .spawning(failures: 0) },
    Row("spawning spawned", [.start], .spawned(7), .none) {
        .starting($0, failures: 0, provenAt: nil)
    },
    Row("spawning spawnFailed", [.start], .spawnFailed(.made(.directory)), .none) { _ in
        .backoff(failures: 1, until: after(1))
    },
    Row(
        "spawning spawnFailed for good",
        [.start],
        .spawnFailed(.made(.user, isPermanent: true)),
        .none
    ) { _ in .fatal(failures: 1) },
    Row("spawning spawnFailed for want of processes", [.start], .spawnFailed(.made(.fork)), .none) {
        _ in .backoff(failures: 0, until: after(1))
    },
    Row("spawning spawnFailed for what is left", [.start], .spawnFailed(.leftovers(1)), .none) {
        _ in .backoff(failures: 0, until: after(1))
    },
    Row("starting executed", starting, .executed, .none) {
        .starting($0, failures: 0, provenAt: after(5))
    },
    Row("starting executed, startsecs 0", starting, .executed, .none, policy: once) {
        .running($0, failures: 0)
    },
    Row("starting deadlineReached", starting + [.executed], .deadlineReached, .none) {
        .running($0, failures: 0)
    },
    Row("starting exited", starting, .exited(.code(0)), .none) { _ in
        .backoff(failures: 1, until: after(1))
    },
    Row("starting exited, no retries", starting, .exited(.code(0)), .none, policy: strict) { _ in
        .fatal(failures: 1)
    },
    Row("starting startAborted", backoff + [.deadlineReached, .spawned(7)], .startAborted, .spawn) {
        _ in .spawning(failures: 1)
    },
    Row("stopping startAborted", starting + [.stop], .startAborted, .inspectGroup(7)) {
        .emptying($0, killAt: after(10), next: .rest)
    },
    Row("killing startAborted", starting + [.kill], .startAborted, .inspectGroup(7)) {
        .emptying($0, killAt: after(1), next: .rest)
    },
    Row("running exited as expected", running, .exited(.code(0)), .none) { _ in
        .exited(expected: true, restartAt: nil)
    },
    Row("running exited otherwise", running, .exited(.code(3)), .none) { _ in
        .exited(expected: false, restartAt: epoch)
    },
    Row("running killed", running, .exited(.signal(.segmentationFault, coreDumped: true)), .none) {
        _ in .exited(expected: false, restartAt: epoch)
    },
    Row("running exited, always", running, .exited(.code(0)), .none, policy: always) { _ in
        .exited(expected: true, restartAt: epoch)
    },
    Row(
        "running exited, startsecs 0",
        starting + [.executed],
        .exited(.code(0)),
        .none,
        policy: onceAlways
    ) { _ in .backoff(failures: 1, until: after(1)) },
    Row("exited deadlineReached", restarting, .deadlineReached, .spawn) { _ in
        .spawning(failures: 0)
    },
    Row("exited stop", restarting, .stop, .none) { _ in .stopped },
    Row("backoff deadlineReached", backoff, .deadlineReached, .spawn) { _ in
        .spawning(failures: 1)
    },
    Row("backoff leftoversGone", backoff, .leftoversGone, .spawn) { _ in .spawning(failures: 1) },
    Row("stopped leftoversGone", backoff + [.stop], .leftoversGone, .none) { _ in .stopped },
    Row("backoff stop", backoff, .stop, .none) { _ in .stopped },
    Row("backoff restart", backoff, .restart, .spawn) { _ in .spawning(failures: 0) },
    Row("backoff again", backoff + [.deadlineReached, .spawned(7)], .exited(.code(1)), .none) { _ in
        .fatal(failures: 2)
    },
    Row("starting stop", starting, .stop, .terminate(7)) {
        .stopping($0, killAt: after(10), next: .rest)
    },
    Row("running stop", running, .stop, .terminate(7)) {
        .stopping($0, killAt: after(10), next: .rest)
    },
    Row("running restart", running, .restart, .terminate(7)) {
        .stopping($0, killAt: after(10), next: .start)
    },
    Row("running kill", running, .kill, .kill(7)) {
        .killing($0, againAt: after(1), next: .rest)
    },
    Row("stopping start", stopping, .start, .none) {
        .stopping($0, killAt: after(10), next: .start)
    },
    Row("stopping start, stop", stopping + [.start], .stop, .none) {
        .stopping($0, killAt: after(10), next: .rest)
    },
    Row("stopping deadlineReached", stopping, .deadlineReached, .kill(7)) {
        .killing($0, againAt: after(1), next: .rest)
    },
    Row("stopping exited", stopping, .exited(.code(0)), .inspectGroup(7)) {
        .emptying($0, killAt: after(10), next: .rest)
    },
    Row("stopping exited, leader only", stopping, .exited(.code(0)), .none, policy: leaderOnly) {
        _ in .stopped
    },
    Row(
        "stopping start, exited, leader only",
        stopping + [.start],
        .exited(.code(0)),
        .spawn,
        policy: leaderOnly
    ) { _ in .spawning(failures: 0) },
    Row("killing deadlineReached", killing, .deadlineReached, .kill(7)) {
        .killing($0, againAt: after(1), next: .rest)
    },
    Row("killing exited", killing, .exited(.unknown), .inspectGroup(7)) {
        .emptying($0, killAt: after(1), next: .rest)
    },
    Row("emptying groupEmptied", emptying, .groupEmptied, .none) { _ in .stopped },
    Row("emptying start, groupEmptied", emptying + [.start], .groupEmptied, .spawn) { _ in
        .spawning(failures: 0)
    },
    Row("emptying deadlineReached", emptying, .deadlineReached, .kill(7)) {
        .emptying($0, killAt: after(1), next: .rest)
    },
    Row("emptying kill", emptying + [.start], .kill, .kill(7)) {
        .emptying($0, killAt: after(1), next: .rest)
    },
]

@Suite("A supervised process")
struct ProcessMachineTests {
    @Test("goes from phase to phase as its table says", arguments: rows)
    func row(_ row: Row) throws {
        var machine = ProcessMachine(policy: row.policy)
        for event in row.before {
            let effect = machine.handle(event, at: epoch)
            #expect(effect != .anomaly(event))
        }
        #expect(machine.handle(row.event, at: epoch) == row.effect)
        #expect(machine.phase == row.phase(try #require(.made(7))))
    }

    @Test("keeps its deadline in its phase, and has none where nothing is awaited")
    func deadline() {
        var machine = ProcessMachine(policy: .plain())
        #expect(machine.deadline == nil)
        _ = machine.handle(.start, at: epoch)
        _ = machine.handle(.spawned(7), at: epoch)
        #expect(machine.deadline == nil, "exec may be held up by a disk for as long as it likes")
        _ = machine.handle(.executed, at: after(3))
        #expect(machine.deadline == after(8))
        _ = machine.handle(.deadlineReached, at: after(8))
        #expect(machine.deadline == nil)
        _ = machine.handle(.stop, at: after(20))
        #expect(machine.deadline == after(30))
        _ = machine.handle(.exited(.code(0)), at: after(21))
        #expect(machine.deadline == after(30), "the group has what is left of stopwaitsecs")
        _ = machine.handle(.groupEmptied, at: after(22))
        #expect(machine.deadline == nil)
    }

    @Test("is never killed when stopwaitsecs is never")
    func waitsForever() {
        var machine = ProcessMachine(policy: .plain { $0.stopWait = nil })
        for event in stopping { _ = machine.handle(event, at: epoch) }
        #expect(machine.state == .stopping)
        #expect(machine.deadline == nil)
        #expect(machine.handle(.kill, at: epoch) == .kill(7))
    }

    @Test("forgets its failures once it has been RUNNING for startsecs")
    func forgives() {
        var machine = ProcessMachine(policy: .plain())
        for event in backoff + [.deadlineReached, .spawned(8), .executed] {
            _ = machine.handle(event, at: epoch)
        }
        #expect(machine.failures == 1)
        _ = machine.handle(.deadlineReached, at: epoch)
        #expect(machine.failures == 0)
    }
}
