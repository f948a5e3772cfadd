// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

/// Every phase that a machine can reach, with every event.
@Suite("Every reachable phase of a process")
struct ReachableStatesTests {
    typealias Event = ProcessMachine.Event

    /// The combinations that change what a machine does.
    static let policies: [ProcessPolicy] = {
        var policies: [ProcessPolicy] = []
        for startSeconds in [0, 1] {
            for retries in [0, 1, nil] {
                for restart in ProcessPolicy.RestartRule.allCases {
                    for killAsGroup in [true, false] {
                        for stopWait in [nil, Duration.seconds(10)] {
                            policies.append(
                                .plain {
                                    $0.startSeconds = .seconds(startSeconds)
                                    $0.startRetries = retries
                                    $0.restart = restart
                                    $0.killAsGroup = killAsGroup
                                    $0.stopWait = stopWait
                                }
                            )
                        }
                    }
                }
            }
        }
        return policies
    }()

    static let events: [Event] = [
        .start, .stop, .restart, .kill, .spawned(7), .spawnFailed(.made(.directory)),
        .spawnFailed(.made(.user, isPermanent: true)), .spawnFailed(.made(.fork)), .executed,
        .startAborted,
        .exited(.code(0)), .exited(.code(1)), .exited(.signal(.kill, coreDumped: false)),
        .exited(.unknown), .exited(.neverExecuted(.made(.exec, isPermanent: true))),
        .groupEmptied, .leftoversGone, .deadlineReached,
    ]

    /// Whether the caller could deliver an event in this phase, by the caller's own rules.
    static func isPossible(_ event: Event, _ machine: ProcessMachine) -> Bool {
        switch (event, machine.phase) {
        case (.spawned, .spawning), (.spawnFailed, .spawning): true
        case (_, .spawning), (.spawned, _), (.spawnFailed, _): false
        case (.start, _), (.stop, _), (.restart, _), (.kill, _): true
        case (.executed, .starting(_, _, let provenAt)),
            (.startAborted, .starting(_, _, let provenAt)):
            provenAt == nil
        case (.executed, .stopping), (.executed, .killing): true
        case (.startAborted, .stopping), (.startAborted, .killing): true
        case (.executed, _), (.startAborted, _): false
        case (.exited, _): machine.liveRun != nil
        case (.groupEmptied, .emptying): true
        case (.groupEmptied, _): false
        case (.leftoversGone, _): true
        case (.deadlineReached, _): machine.deadline != nil
        }
    }

    @Test(
        "takes what can happen and calls the rest an anomaly, without moving",
        arguments: policies
    )
    func walk(_ policy: ProcessPolicy) {
        var seen: Set<ProcessMachine> = []
        var toDo = [ProcessMachine(policy: policy)]
        while let machine = toDo.popLast() {
            guard machine.failures < 4, seen.insert(machine).inserted else { continue }
            for event in Self.events {
                var next = machine
                let effect = next.handle(event, at: epoch)
                if Self.isPossible(event, machine) {
                    #expect(effect != .anomaly(event), "\(event) in \(machine.phase)")
                    check(next, effect, event, machine)
                    toDo.append(next)
                } else {
                    #expect(effect == .anomaly(event), "\(event) in \(machine.phase)")
                    #expect(next == machine, "\(event) in \(machine.phase)")
                }
            }
        }
        #expect((10...80).contains(seen.count), "\(seen.count) phases")
    }

    @Test("has no deadline in the past when time goes from one to the next", arguments: policies)
    func time(_ policy: ProcessPolicy) {
        var random = SplitMix64(seed: 7)
        var machine = ProcessMachine(policy: policy)
        var now = epoch
        for _ in 0..<2000 {
            let possible = Self.events.filter { Self.isPossible($0, machine) }
            guard let event = possible.randomElement(using: &random) else { break }
            if event == .deadlineReached, let deadline = machine.deadline {
                now = max(now, deadline)
            } else if let deadline = machine.deadline {
                now = max(now, min(now.advanced(by: .milliseconds(300)), deadline))
            }
            let before = machine
            let effect = machine.handle(event, at: now)
            #expect(effect != .anomaly(event), "\(event) in \(before.phase)")
            if let deadline = machine.deadline { #expect(deadline >= now, "\(machine.phase)") }
        }
    }

    /// What must hold after every step, whatever the rules.
    private func check(
        _ machine: ProcessMachine,
        _ effect: ProcessMachine.Effect,
        _ event: Event,
        _ before: ProcessMachine
    ) {
        let what = Comment(rawValue: "\(event) in \(before.phase) -> \(machine.phase)")
        if case .spawning = machine.phase {
            #expect(effect == .spawn, what)
            #expect(before.liveRun == nil || machine.liveRun == nil, what)
        } else {
            #expect(effect != .spawn, what)
        }
        switch effect {
        case .terminate(let pid):
            #expect(before.liveRun?.pid == pid, what)
            #expect(machine.state == .stopping, what)
        case .kill(let pid):
            #expect(pid == 7, what)
            #expect(machine.state == .stopping, what)
        case .inspectGroup:
            #expect(machine.policy.killAsGroup, what)
            #expect(machine.liveRun == nil, what)
        case .none, .spawn, .anomaly: break
        }
        if let limit = machine.policy.startRetries { #expect(machine.failures <= limit + 1, what) }
        if !machine.isActive { #expect(machine.deadline == nil, what) }
        if machine.liveRun != nil { #expect(machine.isActive, what) }
        if case .exited = event, before.state == .stopping { #expect(machine.liveRun == nil, what) }
        if event == .startAborted {
            #expect(machine.liveRun == nil, what)
            if before.state == .starting { #expect(machine.failures == before.failures, what) }
        }
        if machine.policy.stopWait == nil, case .stopping = machine.phase {
            #expect(machine.deadline == nil, what)
        }
    }
}
