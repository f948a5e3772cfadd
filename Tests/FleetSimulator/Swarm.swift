// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What can happen in one run and how often, drawn first from its seed; in thousandths.
struct Swarm: Sendable {
    // Before a program runs.
    var shortage: Int
    var failsToStart: Int
    var failsToExecute: Int
    var permanence: Int
    var slowExec: Int
    // While it runs.
    var diesAtOnce: Int
    var diesEarly: Int
    var dies: Int
    var crashes: Int
    var forks: Int
    // When it is stopped.
    var ignoresTerminate: Int
    var slowToTerminate: Int
    var sleepsUninterruptibly: Int
    // Around it.
    var strangers: Int
    var lateness: Int
    var waits: Int
    var reloads: Int
    var shutdowns: Int
    var pidSpace: Int
    /// Deaths of the manager between two of its steps, and the most of them.
    var deaths: Int
    var mostDeaths: Int
    let members: Int
    let requests: Int

    init(_ dice: inout Dice) {
        shortage = dice.knob() / 3
        failsToStart = dice.knob() / 2
        failsToExecute = dice.knob() / 2
        permanence = dice.knob()
        slowExec = dice.knob()
        diesAtOnce = dice.knob() / 2
        diesEarly = dice.knob()
        dies = dice.knob()
        crashes = dice.knob()
        forks = dice.knob()
        ignoresTerminate = dice.knob()
        slowToTerminate = dice.knob()
        sleepsUninterruptibly = dice.knob()
        strangers = dice.knob()
        lateness = dice.knob()
        waits = dice.knob()
        reloads = dice.knob() / 2
        shutdowns = dice.knob() / 10
        pidSpace = dice.pick([12, 16, 24, 48])
        members = 1 + dice.below(6)
        requests = 4 + dice.below(36)
        deaths = dice.knob() / 8
        mostDeaths = 1 + dice.below(12)
    }

    /// The same run after all faults have stopped; what has been born keeps its faults.
    func withoutFaults() -> Swarm {
        var calm = self
        calm.shortage = 0
        calm.failsToStart = 0
        calm.failsToExecute = 0
        calm.slowExec = 0
        calm.diesAtOnce = 0
        calm.diesEarly = 0
        calm.dies = 0
        calm.forks = 0
        calm.ignoresTerminate = 0
        calm.slowToTerminate = 0
        calm.sleepsUninterruptibly = 0
        calm.strangers = 0
        calm.reloads = 0
        calm.pidSpace = 1000
        calm.mostDeaths = 0
        return calm
    }

    /// The longest that a killed process sleeps on in the kernel.
    static let longestSleep = Duration.seconds(4)
    /// The latest that the daemon wakes up after something has happened.
    static let greatestLateness = Duration.seconds(2)

    func policy(_ dice: inout Dice) -> ProcessPolicy {
        var policy = ProcessPolicy()
        policy.autostart = dice.chance(800)
        policy.restart = dice.pick(ProcessPolicy.RestartRule.allCases)
        policy.exitCodes = dice.pick([[0], [0, 2], []])
        policy.startSeconds = dice.pick([.zero, .seconds(1), .seconds(1), .seconds(5)])
        policy.startRetries = dice.pick([0, 1, 3, nil])
        policy.stopWait = dice.pick([nil, .zero, .seconds(1), .seconds(10), .seconds(10)])
        policy.stopAsGroup = dice.chance(700)
        policy.killAsGroup = dice.chance(700)
        policy.backoff.initial = dice.pick([.milliseconds(100), .seconds(1)])
        policy.backoff.factor = dice.pick([1, 2])
        policy.backoff.max = dice.pick([.seconds(1), .seconds(60)])
        policy.backoff.jitter = dice.pick([0, 0.1])
        return policy
    }

    func behaviour(_ dice: inout Dice) -> Behaviour {
        var behaviour = Behaviour()
        if dice.chance(slowExec) {
            behaviour.execDelay = dice.pick([.milliseconds(100), .seconds(1), .seconds(20)])
        }
        if dice.chance(failsToExecute) { behaviour.execFailure = failure(.exec, &dice) }
        if dice.chance(diesAtOnce) {
            behaviour.lifetime = .zero
        } else if dice.chance(diesEarly) {
            behaviour.lifetime = .milliseconds(dice.pick([1, 500, 999, 1000, 1001, 5000]))
        } else if dice.chance(dies) {
            behaviour.lifetime = .seconds(dice.pick([2, 6, 10, 60, 3600]))
        }
        behaviour.end = end(&dice)
        if dice.chance(forks) {
            behaviour.children = 1 + dice.below(2)
            behaviour.forkDelay = dice.pick([.zero, .milliseconds(500), .seconds(3)])
        }
        describeStop(of: &behaviour, &dice)
        return behaviour
    }

    /// A process of the group, which its leader has forked.
    func childBehaviour(_ dice: inout Dice) -> Behaviour {
        var behaviour = Behaviour()
        behaviour.lifetime = dice.pick([nil, .milliseconds(300), .seconds(3), .seconds(30)])
        describeStop(of: &behaviour, &dice)
        return behaviour
    }

    func failure(_ step: SpawnFailure.Step, _ dice: inout Dice) -> SpawnFailure {
        SpawnFailure(
            step: step,
            subject: "",
            errorNumber: 2,
            reason: "simulated",
            isPermanent: dice.chance(permanence)
        )
    }

    private func end(_ dice: inout Dice) -> ExitStatus {
        if dice.chance(crashes) {
            return .signal(
                dice.pick([.segmentationFault, .abort, .kill]),
                coreDumped: dice.chance(500)
            )
        }
        return .code(dice.pick([0, 0, 1, 2]))
    }

    private func describeStop(of behaviour: inout Behaviour, _ dice: inout Dice) {
        if dice.chance(ignoresTerminate) {
            behaviour.graceOnTerminate = nil
        } else if dice.chance(slowToTerminate) {
            behaviour.graceOnTerminate = .milliseconds(dice.pick([10, 999, 1000, 9999, 30_000]))
        }
        if dice.chance(sleepsUninterruptibly) {
            behaviour.sleepAfterKill = .milliseconds(dice.pick([100, 1000, 4000]))
        }
    }
}
