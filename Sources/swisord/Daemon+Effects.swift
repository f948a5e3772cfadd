// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Logging
import Platform
import Supervision

/// Does what the fleet wants done, until it wants nothing more.
extension Daemon {
    func runEffects() {
        recordRequests()
        while let effect = fleet.nextEffect() {
            // First, so that a manager that dies in between is followed by one that does it.
            record()
            run(effect)
        }
        record()
    }

    /// Writes down what has changed, so that the next manager can go on from here.
    func record() {
        store.write(fleet.shutdownStage)
        for id in fleet.takeTouched() {
            guard let child = children[id], var record = fleet.record(of: id) else { continue }
            child.complete(&record)
            store.write(record, of: id)
        }
    }

    private func run(_ effect: FleetEffect) {
        switch effect {
        case .spawn(let id): spawn(id)
        case .terminate(let id, let pid, let signal, let toGroup):
            send(signal, to: pid, group: toGroup, of: id)
            // A stopped process cannot obey before it runs again.
            send(.continue, to: pid, group: toGroup, of: id)
        case .kill(let id, let pid, let toGroup):
            if toGroup { killTree(id, leader: pid) }
            if lingering.isSpent(pid, of: id, { isTreeEmpty($0, leader: $1) }) {
                fleet.handle(.groupEmptied, for: id, at: now)
            } else if !lingering.isGone(id) {
                send(.kill, to: pid, group: toGroup, of: id)
            }
        case .inspectGroup(let id, let pid): inspect(id, pid)
        case .report(let report): tell(report)
        case .answer(let ticket, let outcomes): replies.settle(ticket, outcomes)
        case .removed(let id): forget(id)
        case .shutdownComplete: sayGoodbye()
        }
    }

    private func spawn(_ id: MemberID) {
        guard let child = children[id] else { return }
        do throws(SpawnFailure) {
            if let pid = try leftAlone(child.name, for: id) { throw SpawnFailure.orphan(pid) }
            try makeRoom(for: id)
            let birth = birth(of: id)
            let program = try child.program(environment, patience, mark: birth?.mark)
            let cgroup = birth.flatMap { groups.makeCgroup(for: $0) }
            let spawned = try make(program, child, in: cgroup)
            let pid = spawned.pid
            child.began(pid)
            outlets.began(child, pid)
            if let birth {
                groups.began(birth, of: id, as: pid, in: cgroup, isInside: spawned.isInCgroup)
            }
            members[pid] = id
            if let other = lingering.takeReplaced(by: pid, { isTreeEmpty($0, leader: $1) }) {
                fleet.handle(.groupEmptied, for: other, at: now)
            }
            fleet.handle(.spawned(pid), for: id, at: now)
            // Only what is known to a manager that follows this one may become a program.
            record()
            do throws(SystemError) {
                try expect(spawned.letGo(), of: program, for: child)
            } catch {
                // Without the watch nothing would tell that it runs; its exit is still seen.
                log.error("cannot watch the start of \(child.name): \(error)")
            }
        } catch {
            closeInput(of: id)
            fleet.handle(.spawnFailed(error), for: id, at: now)
        }
    }

    /// Makes the process of a run, born in its cgroup where there is one.
    private func make(
        _ program: PreparedProgram,
        _ child: Child,
        in cgroup: Cgroup?
    ) throws(SpawnFailure) -> SpawnedChild {
        let directory: OwnedDescriptor? = if let cgroup { try? cgroup.open() } else { nil }
        var options = Spawner.Options(isSibling: exits.makesSiblings, isGated: true)
        switch directory {
        case .some(let directory): options.cgroup = directory.rawValue
        case .none: break
        }
        do throws(SpawnFailure) {
            options.socket = try socket(for: child)
            return try outlets.spawn(program, for: child, with: spawner, options)
        } catch {
            cgroup?.remove()
            throw error
        }
    }

    func send(_ signal: Signal, to pid: PID, group: Bool, of id: MemberID) {
        do throws(SystemError) {
            // Nobody there is no trouble: the exit is on its way.
            if group {
                let leaderIsOurs = members[pid] == id
                _ = try ProcessSignals.send(signal, toGroup: pid, leaderIsOurs: leaderIsOurs)
            } else {
                _ = try ProcessSignals.send(signal, to: pid)
            }
        } catch {
            log.error(
                "cannot send \(signal) to \(children[id]?.name.description ?? "pid \(pid)"): \(error)"
            )
        }
    }

    private func tell(_ report: FleetReport) {
        // What the kernel holds is killed once a second, for hours where a disk hangs.
        if case .killing(let id, _, let pid) = report, killed.updateValue(pid, forKey: id) == pid {
            return
        }
        if let line = narrator.line(for: report, in: fleet) {
            log.log(level: line.level, "\(line.text)")
        }
        noteListener(report)
        if case .exited(let id, _, _, _, _, _) = report, let child = children[id] {
            outlets.ended(child)
        }
        guard case .changed(let id, let name, let change) = report else { return }
        if change.from == .stopping {
            settling.stopped(id)
            killed[id] = nil
        }
        if change.from == .stopping, change.to == .stopped { retire(id) }
        if children[id]?.hasSocket == true { closeUnusedSockets() }
        announce(change, of: name, id)
    }

    /// Lets go of all outputs, when the daemon ends: what they hold is still written.
    func releaseAll() {
        for child in children.values where outlets.closeForGood(child) { tell(child.losses) }
        children = [:]
        sockets.closeAll { _ in false }
    }

    /// Says what has been lost of the output of one that is gone.
    func tell(_ losses: OutputLosses) {
        for line in losses.lines { log.log(level: line.level, "\(line.text)") }
    }

    /// A member has left the fleet.
    private func forget(_ id: MemberID) {
        guard let child = children.removeValue(forKey: id) else { return }
        closeUnusedSockets()
        dismissListener(id, of: child.name.group)
        announceRemoval(ofGroup: child.name.group)
        settling.stopped(id)
        // Once all of it has been told: should this manager die, nothing is left but to read on.
        if outlets.closeForGood(child) {
            tell(child.losses)
            store.forget(id)
        } else {
            store.write(.ofGone(child.name), of: id)
        }
    }

    private func sayGoodbye() {
        note(
            .event(.supervisorStateChangeStopping),
            .daemonState,
            from: "STOPPING",
            to: "SHUTDOWN"
        )
        events.end()
        guard let server else {
            isServerStopped = true
            return
        }
        let core = core
        server.stop { core.post(.serverStopped) }
    }
}
