// SPDX-License-Identifier: Apache-2.0

import Supervision

/// From the fleet to the kernel and to the clients.
extension Simulation {
    mutating func perform(_ effect: FleetEffect) throws(Violation) {
        switch effect {
        case .spawn(let id): try spawn(id)
        case .terminate(let id, let pid, let signal, let toGroup):
            try oracle.terminates(id, pid, signal, toGroup: toGroup)
            try oracle.reached(kernel.signal(pid, signal, toGroup: toGroup, at: now), id)
        case .kill(let id, let pid, let toGroup): try kill(id, pid, toGroup: toGroup)
        case .inspectGroup(let id, let pid): try inspectGroup(id, pid)
        case .report(let report): try note(report)
        case .answer(let ticket, let outcomes):
            let members = oracle.open[ticket]?.members ?? []
            if bug == .answerLost, members.contains(where: { fleet[$0]?.isLeaving ?? true }) {
                return
            }
            try oracle.answered(ticket, outcomes)
        case .removed(let id):
            try require(fleet[id] == nil, "\(id) was removed and is there")
            disk.records[try oracle.watch(id).name] = nil
            try oracle.forget(id)
        case .shutdownComplete:
            try require(oracle.shutdownBegan, "a shutdown is complete that nobody asked for")
            try require(!oracle.shutdownIsComplete, "a shutdown is complete twice")
            oracle.shutdownIsComplete = true
        }
    }

    private mutating func spawn(_ id: MemberID) throws(Violation) {
        let watch = try oracle.watch(id)
        try require(fleet[id] != nil, "\(watch.name) is started and does not exist")
        try require(!oracle.shutdownIsComplete, "\(watch.name) is started after the end")
        try oracle.starts(watch, kernel, at: now)
        nextSerial += 1
        let run = RunID(member: id, serial: nextSerial)
        if dice.chance(swarm.failsToStart) {
            let step = dice.pick([SpawnFailure.Step.environment, .user, .output, .command])
            try fail(id, swarm.failure(step, &dice))
        } else if !dice.chance(swarm.shortage),
            let pid = kernel.spawn(run, swarm.behaviour(&dice), isGated: isMortal, at: now)
        {
            oracle.spawned(id, run, pid, at: now)
            lastPIDs[pid] = id
            if isMortal { tellReplaced(by: pid) }
            if bug == .gateBeforeRecord { kernel.openGate(of: run, at: now) }
            fleet.handle(.spawned(pid), for: id, at: now)
            if isMortal {
                if try mayDie() { return }
                try writeRecords()
                if try mayDie() { return }
                kernel.openGate(of: run, at: now)
            }
            if bug == .executedTooSoon { fleet.handle(.executed, for: id, at: now) }
        } else {
            try fail(
                id,
                SpawnFailure(
                    step: .fork,
                    subject: "",
                    errorNumber: 11,
                    reason: "simulated",
                    isPermanent: false
                )
            )
        }
    }

    private mutating func fail(_ id: MemberID, _ failure: SpawnFailure) throws(Violation) {
        oracle.ended(id, .neverExecuted(failure))
        try oracle.update(id) { $0.didExecute = false }
        fleet.handle(.spawnFailed(failure), for: id, at: now)
    }

    private mutating func kill(
        _ id: MemberID,
        _ pid: PID,
        toGroup: Bool
    ) throws(Violation) {
        let group = toGroup && bug != .killsLeaderOnly
        let watch = try oracle.watch(id)
        if bug == .killsNoGroup, !watch.hasLeader { return }
        try oracle.kills(id, pid, toGroup: group, at: now)
        try oracle.reached(kernel.signal(pid, .kill, toGroup: group, at: now), id)
    }

    private mutating func inspectGroup(_ id: MemberID, _ pid: PID) throws(Violation) {
        let watch = try oracle.watch(id)
        guard let run = watch.run, pid == watch.pid, !watch.hasLeader else {
            throw Violation("the group of \(watch.name) is inspected while its leader lives")
        }
        try oracle.update(id) { $0.isEmptying = true }
        if kernel.inspectGroup(of: run) || bug == .groupNotInspected {
            fleet.handle(.groupEmptied, for: id, at: now)
        }
    }

    private mutating func note(_ report: FleetReport) throws(Violation) {
        switch report {
        case .changed(let id, _, let change):
            try oracle.changed(id, from: change.from, to: change.to, kernel, at: now)
        case .anomaly(_, let name, let text): throw Violation("anomaly of \(name): \(text)")
        case .exited(let id, let name, let pid, _, _, _):
            try require(try oracle.watch(id).pid == pid, "\(name) has ended, but not as \(pid)")
        case .spawned(let id, let name, let pid):
            try require(try oracle.watch(id).pid == pid, "\(name) has begun, but not as \(pid)")
        case .spawnFailed, .startAborted, .killing, .waiting: break
        }
    }
}
