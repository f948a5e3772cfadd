// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The manager dies between any two of its steps, and another goes on from what was written.
///
/// Its guardian lives: an exit is told again until it has been acknowledged, and a child whose gate
/// was never opened ends without having executed. Clients are sent away and are not answered.
extension Simulation {
    /// Whether this run has a guardian, and a manager that may die.
    var isMortal: Bool { swarm.deaths > 0 }

    var mayStillDie: Bool {
        isMortal && deaths < swarm.mostDeaths && !oracle.shutdownIsComplete
    }

    /// Lets the manager die here, by chance.
    ///
    /// - Returns: Whether it did; the next one has taken over then, and has done everything.
    mutating func mayDie() throws(Violation) -> Bool {
        guard mayStillDie, dice.chance(swarm.deaths) else { return false }
        deaths += 1
        trace.mix(Int64(deaths))
        try die()
        return true
    }

    /// Writes down what has changed, as the daemon does before its next step.
    mutating func writeRecords() throws(Violation) {
        guard mayStillDie else { return }
        disk.shutdown = fleet.shutdownStage
        for id in fleet.takeTouched() {
            guard var record = fleet.record(of: id) else { continue }
            record.outside.fingerprint = applied[record.name] ?? 0
            guard let bytes = record.encoded() else {
                throw Violation("\(record.name) cannot be recorded")
            }
            disk.records[record.name] = bytes
        }
    }

    // MARK: - Exits that are acknowledged

    /// Tells an exit; the zombie goes when all that follows from it has been done.
    mutating func tellUntilAcknowledged(_ run: RunID) throws(Violation) {
        guard let zombie = kernel.zombie(of: run) else {
            throw Violation("\(run) was to be told of and was not there")
        }
        let life = deaths
        if bug == .acknowledgedTooSoon {
            _ = kernel.reap(run)
        } else {
            unacknowledged = run
        }
        // A pid that this manager does not know has been dealt with by the last one.
        if fleet[run.member]?.machine.liveRun?.pid == zombie.pid {
            exitsTold += 1
            // Nobody but the manager that made it could have learned why it did not execute.
            let isAborted = run.serial < firstOwnSerial && !zombie.hasExecuted
            let status = isAborted ? .neverExecuted(.interrupted) : zombie.status
            oracle.ended(run.member, status)
            let isTold = isAborted && bug != .abortIsFailure
            fleet.handle(isTold ? .startAborted : .exited(status), for: run.member, at: now)
            try drain()
        }
        guard deaths == life else { return }
        unacknowledged = nil
        _ = kernel.reap(run)
    }

    /// No pid is given out that still names a group: whose it was, that group is empty.
    ///
    /// An acknowledged leader is reaped at any time after that, so nobody may have looked since.
    mutating func tellReplaced(by pid: PID) {
        for watch in oracle.watches where watch.isEmptying && watch.pid == pid {
            guard case .emptying = fleet[watch.id]?.machine.phase else { continue }
            fleet.handle(.groupEmptied, for: watch.id, at: now)
        }
    }

    func awaitsExec(_ id: MemberID) -> Bool {
        if case .starting(_, _, provenAt: nil) = fleet[id]?.machine.phase { true } else { false }
    }

    // MARK: - The next manager

    private mutating func die() throws(Violation) {
        let life = deaths
        kernel.managerDied()
        pending.removeAll { if case .groupEmptied = $0 { true } else { false } }
        if let run = unacknowledged { pending.insert(.exited(run), at: 0) }
        unacknowledged = nil
        firstOwnSerial = nextSerial + 1
        fleet = Fleet(seed: dice.seed())
        applied = [:]
        oracle.managerDied(in: disk.shutdown)
        let isKnown = try takeBack()
        if bug != .shutdownForgotten { fleet.resumeShutdown(disk.shutdown, at: now) }
        while let effect = fleet.nextEffect() {
            if bug == .groupForgotten, case .inspectGroup = effect { continue }
            if bug == .signalForgotten, case .terminate = effect { continue }
            if case .removed(let id) = effect, oracle.slot(id) == nil { continue }
            try writeRecords()
            try perform(effect)
            if deaths != life { return }
        }
        try drain()
        if deaths == life { try reconcile(isKnown, life) }
        if deaths == life { try tellExecutions(life) }
        guard deaths == life else { return }
        try oracle.inputIsDone()
        pending += kernel.look()
        try tellPending()
        guard deaths == life else { return }
        fleet.reachDeadlines(at: now)
        try drain()
    }

    /// Brings back all members under the numbers that they had.
    ///
    /// - Returns: Those who have a record.
    private mutating func takeBack() throws(Violation) -> Set<MemberID> {
        var known: Set<MemberID> = []
        var next = 1
        for watch in oracle.watches {
            let spec = disk.configured[watch.name]
            guard spec != nil || disk.records[watch.name] != nil else {
                oracle.watches.removeAll { $0.id == watch.id }
                continue
            }
            skipIdentifiers(from: next, to: watch.id.rawValue)
            next = watch.id.rawValue + 1
            guard let bytes = disk.records[watch.name] else {
                if let spec { _ = fleet.add(spec) }
                try oracle.hadNoTurn(watch.id)
                continue
            }
            do throws(BinaryFault) {
                let record = try MemberRecord(bytes[...], at: now)
                _ = fleet.restore(record, as: spec ?? record.lastSpec)
                applied[watch.name] = record.outside.fingerprint
            } catch {
                throw Violation("the record of \(watch.name) cannot be read: \(error)")
            }
            known.insert(watch.id)
            guard let member = fleet[watch.id] else {
                throw Violation("\(watch.name) does not come back as it was")
            }
            try oracle.cameBack(member, kernel, disk.shutdown, at: now)
        }
        skipIdentifiers(from: next, to: lastIdentifier + 1)
        return known
    }

    /// A fleet never uses a number twice, so that some are left out.
    private mutating func skipIdentifiers(from first: Int, to end: Int) {
        guard first < end else { return }
        let spare = MemberSpec(
            name: ProcessName(group: "spare", process: "spare"),
            policy: ProcessPolicy()
        )
        for _ in first..<end { fleet.remove(fleet.add(spare), at: now) }
    }

    /// Applies what the configuration in force says and the records do not.
    private mutating func reconcile(_ known: Set<MemberID>, _ life: Int) throws(Violation) {
        var fresh: [MemberID] = []
        for watch in oracle.watches {
            guard let member = fleet[watch.id] else { continue }
            guard let spec = disk.configured[watch.name] else {
                guard !member.isLeaving else { continue }
                oracle.ask(watch.id, .down)
                fleet.remove(watch.id, at: now)
                try drain()
                if deaths != life { return }
                continue
            }
            let fingerprint = disk.fingerprints[watch.name] ?? 0
            if !known.contains(watch.id) || member.isLeaving {
                applied[watch.name] = fingerprint
                fresh.append(member.isLeaving ? fleet.add(spec) : watch.id)
            } else if applied[watch.name] != fingerprint {
                applied[watch.name] = fingerprint
                let isRestarted =
                    !fleet.isShuttingDown && watch.state != .stopping
                    && (!watch.isAtRest || spec.policy.autostart && watch.state != .stopped)
                oracle.ask(watch.id, isRestarted ? .up : nil)
                fleet.change(watch.id, to: spec, restarting: true, at: now)
                try drain()
                if deaths != life { return }
            }
        }
        for id in fresh {
            let watch = try oracle.watch(id)
            oracle.ask(id, watch.policy.autostart && !fleet.isShuttingDown ? .up : nil)
        }
        fleet.autostart(fresh, at: now)
        try drain()
    }

    /// Looks which children have executed meanwhile.
    private mutating func tellExecutions(_ life: Int) throws(Violation) {
        for watch in oracle.watches where awaitsExec(watch.id) {
            let pid = fleet[watch.id]?.machine.liveRun?.pid
            let leader = kernel.processes.first {
                $0.run?.member == watch.id && $0.isLeader && $0.pid == pid
            }
            guard let leader, leader.hasExecuted, let run = leader.run else { continue }
            oracle.executed(run, at: now)
            oracle.tellsExec(of: watch.id)
            fleet.handle(.executed, for: watch.id, at: now)
            try drain()
            if deaths != life { return }
        }
    }
}
