// SPDX-License-Identifier: Apache-2.0

import Supervision

/// One run of a fleet on a virtual kernel, with everything decided by its seed.
///
/// It takes the daemon's part: wakes up at a deadline, a happening or a request, tells of child
/// exits first, then deadlines, then requests, and does what the fleet wants after each of them.
/// The `Oracle` watches. Chaos comes first; then the faults stop and all must settle; then all
/// must be shut down.
package struct Simulation: Sendable {
    package let seed: UInt64
    let bug: PlantedBug?
    var dice: Dice
    var swarm: Swarm
    var kernel: VirtualKernel
    var fleet: Fleet
    var oracle = Oracle()
    var trace = TraceHash()
    var now = Instant(nanoseconds: 0)
    var nextRequestAt = Instant(nanoseconds: 0)
    var requestsLeft: Int
    var nextTicket: UInt64 = 0
    var nextSerial = 0
    var inputs = 0
    /// Whose pid it was last, as a careless daemon would keep it.
    var lastPIDs: [PID: MemberID] = [:]
    var exitsTold = 0
    /// What can be seen and was not told yet.
    var pending: [VirtualKernel.Sight] = []
    /// The exit that has been told and was not acknowledged.
    var unacknowledged: RunID?
    /// What outlives the manager.
    var disk = Disk()
    var deaths = 0
    /// The fingerprints of the configurations that this manager has applied.
    var applied: [ProcessName: UInt64] = [:]
    var lastIdentifier = 0
    /// The serial of the first run of this manager.
    var firstOwnSerial = 0

    package init(seed: UInt64, bug: PlantedBug? = nil) {
        self.seed = seed
        self.bug = bug
        var dice = Dice(seed: seed)
        let swarm = Swarm(&dice)
        self.swarm = swarm
        requestsLeft = swarm.requests
        kernel = VirtualKernel(swarm: swarm, dice: Dice(seed: dice.seed()))
        fleet = Fleet(seed: dice.seed())
        self.dice = dice
    }

    /// What a run without a violation has come to.
    package struct Outcome: Hashable, Sendable {
        /// What was told to the fleet.
        package var inputs: Int
        package var time: Duration
        package var trace: UInt64
    }

    /// Runs from the beginning to the end.
    ///
    /// - Returns: What the run has come to.
    /// - Throws: The first thing that must not be, with the time at which it happened.
    package mutating func run() throws(Violation) -> Outcome {
        do {
            try populate()
            try causeChaos()
            try settle()
            try shutDown()
        } catch {
            throw Violation("at \(now.nanoseconds / 1_000_000) ms: \(error)")
        }
        return Outcome(
            inputs: inputs,
            time: .nanoseconds(now.nanoseconds),
            trace: trace.value
        )
    }

    // MARK: - Acts

    private mutating func causeChaos() throws(Violation) {
        var turns = 0
        while requestsLeft > 0, turns < 400, !oracle.shutdownIsComplete {
            turns += 1
            _ = try turn(requests: true)
        }
    }

    private mutating func settle() throws(Violation) {
        swarm = swarm.withoutFaults()
        kernel.swarm = swarm
        var turns = 0
        while !oracle.shutdownIsComplete, try turn(requests: false) {
            turns += 1
            try require(turns < 5000, "does not settle: \(states)")
        }
        if !oracle.shutdownBegan { try oracle.isSettled() }
    }

    private mutating func shutDown() throws(Violation) {
        var turns = 0
        if !oracle.shutdownBegan { try requestShutdown() }
        while !oracle.shutdownIsComplete {
            turns += 1
            try require(turns < 5000, "the shutdown does not end: \(states)")
            // Nothing more will happen by itself: a `stopwaitsecs: never` is in the way.
            if try !turn(requests: false), !oracle.shutdownIsComplete {
                try require(turns < 4990, "a second shutdown does not kill")
                try requestShutdown()
                now = now.advanced(by: .seconds(1))
            }
        }
        try oracle.isOver(kernel)
    }

    // MARK: - Turns

    /// Sleeps until something is to be done, and does it.
    ///
    /// - Returns: Whether there was anything to wake up for.
    private mutating func turn(requests: Bool) throws(Violation) -> Bool {
        guard let wake = wakeUp(requests: requests) else { return false }
        now = max(wake, now.advanced(by: .microseconds(50)))
        if dice.chance(swarm.lateness) {
            now = now.advanced(by: .milliseconds(dice.pick([1, 20, 1000, 2000])))
        }
        kernel.advance(to: now)
        if bug == .deadlinesBeforeExits {
            try reachDeadlines()
            try tellHappenings()
        } else {
            try tellHappenings()
            try reachDeadlines()
        }
        oracle.stage = .requests
        while requests, requestsLeft > 0, nextRequestAt <= now, !oracle.shutdownIsComplete {
            try request()
        }
        try oracle.turnIsOver(&fleet, kernel, at: now)
        return true
    }

    private mutating func wakeUp(requests: Bool) -> Instant? {
        var instants = [kernel.nextEvent, fleet.nextDeadline()].compactMap { $0 }
        if requests, requestsLeft > 0 { instants.append(nextRequestAt) }
        if !kernel.sights.isEmpty { instants.append(now) }
        return instants.min()
    }

    private var states: String {
        fleet.sortedMembers.map { "\($0.name) \($0.machine.phase)" }.joined(separator: ", ")
    }

    private mutating func reachDeadlines() throws(Violation) {
        oracle.stage = .deadlines
        fleet.reachDeadlines(at: bug == .clockAhead ? now.advanced(by: .seconds(1)) : now)
        try drain()
    }

    /// One input is complete when all its effects, and theirs, have been done.
    mutating func drain() throws(Violation) {
        inputs += 1
        let life = deaths
        while true {
            if try mayDie() { return }
            if bug != .recordedTooLate { try writeRecords() }
            if try mayDie() { return }
            guard let effect = fleet.nextEffect() else { break }
            trace.mix(effect, at: now)
            try perform(effect)
            // Another manager has done what was left.
            if deaths != life { return }
        }
        try writeRecords()
        try oracle.inputIsDone()
    }
}
