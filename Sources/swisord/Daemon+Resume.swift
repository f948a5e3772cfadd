// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import OrderedCollections
import Platform
import Supervision

/// Taking back what an earlier manager, or a daemon before this one, has left running.
extension Daemon {
    /// Takes in everything that is configured, and what ran before in its place; the turns that
    /// follow start what is to start.
    func begin(_ past: Past) {
        for remark in past.remarks { log.error("\(remark)") }
        if past.origin != .manager { store.forgetShutdown() }
        makeRoom(for: past)
        pools.load()
        // By the place in the past: what is recorded is large.
        var known: [ProcessName: Int] = Dictionary(minimumCapacity: past.entries.count)
        store.occupy(past.entries.map(\.slot))
        for (place, entry) in past.entries.enumerated() {
            guard past.matters(entry) else {
                store.vacate(entry.slot)
                continue
            }
            guard !entry.record.isGone else {
                readToEnd(entry, past)
                continue
            }
            guard !past.isLeftAlone(entry) else {
                leaveAlone(entry)
                continue
            }
            if known.updateValue(place, forKey: entry.record.name) != nil {
                log.error("\(entry.record.name) is recorded twice")
            }
        }
        resumeSockets(past)
        let names = loaded.configuration.groups.keys
        if past.origin == .manager { groupsTold.formUnion(names) }
        var waiting: [MemberID] = []
        for process in loaded.configuration.processes {
            guard let place = known.removeValue(forKey: process.name) else {
                waiting.append(enlist(process))
                continue
            }
            let entry = past.entries[place]
            let id = resume(entry, process, past)
            if fleet[id]?.isLeaving == true { waiting.append(fleet.add(spec(process))) }
            // Who starts a daemon wants its programs started, also those that were being stopped.
            if past.origin != .manager { waiting.append(id) }
        }
        for place in known.values { resumeUnconfigured(past.entries[place], past) }
        if past.shutdown != .none { shutdownResumedAt = now }
        fleet.resumeShutdown(past.shutdown, at: now)
        runEffects()
        resumeRequests(isResumption: past.origin == .manager)
        // After the listeners among them, who are to hear of it.
        announceGroups(loaded.configuration.groupsInOrder)
        resumeListeners(isResumption: past.origin == .manager)
        pools.begin()
        if past.origin != .manager { announce(.daemonIsRunning) }
        autostart(waiting)
        closeUnusedSockets()
    }

    private func makeRoom(for past: Past) {
        let count = max(loaded.configuration.processes.count, past.entries.count)
        fleet.reserveCapacity(count)
        children.reserveCapacity(count)
        members.reserveCapacity(count)
        store.reserveCapacity(count)
    }

    /// Takes one process back.
    private func resume(
        _ entry: Past.Entry,
        _ process: ProcessConfiguration,
        _ past: Past
    ) -> MemberID {
        let spec = spec(process)
        let credentials = process.user.flatMap { loaded.accounts[$0] }
        let id = restore(entry, process, credentials, spec, past)
        if let child = children[id] { outlets.attach(child) }
        // What is about to be made is made by the new settings anyway.
        if case .spawning = entry.record.phase { return id }
        if past.origin == .daemon(.stop)
            || entry.record.outside.fingerprint != process.fingerprint
        {
            children[id]?.fingerprint = process.fingerprint
            fleet.change(id, to: spec, restarting: true, at: now)
            runEffects()
        }
        return id
    }

    private func restore(
        _ entry: Past.Entry,
        _ process: ProcessConfiguration,
        _ credentials: Credentials?,
        _ spec: MemberSpec,
        _ past: Past
    ) -> MemberID {
        let record = entry.record
        let id = fleet.restore(record, as: spec)
        store.take(entry.slot, for: id)
        let child = outlets.child(id, process, credentials)
        if let input = past.input(entry, isWanted: process.stdin == .pipe) {
            outlets.resumeInput(input, of: child)
        }
        let run = record.liveRun?.pid
        takeUpLosses(child)
        outlets.reattach(child, run) { past.readers(entry, isError: $0) }
        child.identity = ProcessIdentity(of: record)
        child.begunTicks = record.outside.startTicks
        child.seenTicks = record.outside.seenTicks
        child.fingerprint = record.outside.fingerprint
        child.isInherited = true
        children[id] = child
        if record.isLeftAlone { takeIn(record, id) }
        enlistListener(id, process)
        if record.isEmptying { goOnEmptying(id, past) }
        takeBack(id, entry, past)
        return id
    }

    /// Has one that was left alone so far be a program like any other.
    private func takeIn(_ record: MemberRecord, _ id: MemberID) {
        var record = record
        record.isLeftAlone = false
        store.write(record, of: id)
    }

    /// Hears of the end of a process from now on.
    private func takeBack(_ id: MemberID, _ entry: Past.Entry, _ past: Past) {
        let record = entry.record
        guard let pid = record.liveRun?.pid else { return }
        resumeSocket(of: id, pid)
        if let orphan = past.orphan(entry) {
            watch(id, pid, orphan)
        } else if past.origin == .manager,
            past.guardians.contains(pid) || isGuardians(pid)
        {
            members[pid] = id
            unheld.add(id, at: now)
        } else {
            switch ProcessIdentity(of: record)?.open() {
            case .some(let process):
                greet(record.name, pid, past)
                watch(id, pid, process)
            case nil:
                children[id]?.endedUnproven = record.waitsForExec
                watch(id, pid, nil)
            }
        }
        guard record.waitsForExec, members[pid] == id else { return }
        if ProcessStat.read(pid)?.hasExecuted ?? true {
            fleet.handle(.executed, for: id, at: now)
            runEffects()
        } else {
            // The one who could let it go on is dead. Its exit counts as a start that never was.
            children[id]?.isCalledOff = true
            send(.kill, to: pid, group: false, of: id)
        }
    }

    /// Says what becomes of a program that has outlived its daemon.
    private func greet(_ name: ProcessName, _ pid: PID, _ past: Past) {
        guard case .daemon(let policy) = past.origin else { return }
        let fate = policy == .stop ? "stopped" : "taken back"
        log.info("\(name): pid \(pid) of an earlier daemon is \(fate)")
    }

    /// Holds the next few of the runs that were taken back.
    func holdSome() {
        for id in unheld.take(at: now) where children[id]?.isAbandoned == false {
            children[id]?.hold()
        }
    }

    /// Whether the guardian will tell of the end of a process: it is its child, also as a zombie.
    ///
    /// One that was an orphan when this guardian was started is somebody else's, whichever of its
    /// managers has taken it back. Without /proc there is nothing to be seen of that.
    private func isGuardians(_ pid: PID) -> Bool {
        guard let parent = ProcessStat.read(pid)?.parent else {
            return ProcessStat.read(ThisProcess.pid) == nil
        }
        return parent == ThisProcess.parent
    }

    // MARK: - Configured no more

    /// What runs and is configured no more is stopped, as a reload would.
    private func resumeUnconfigured(_ entry: Past.Entry, _ past: Past) {
        groupsTold.insert(entry.record.name.group)
        let (process, credentials) = departed(entry.record.name)
        let id = restore(entry, process, credentials, entry.record.lastSpec, past)
        if fleet[id]?.isLeaving == false { fleet.remove(id, at: now) }
    }

    /// Reads what one that has left the fleet may have written last; another may have its name.
    private func readToEnd(_ entry: Past.Entry, _ past: Past) {
        let id = fleet.makeIdentifier()
        store.take(entry.slot, for: id)
        let (process, credentials) = departed(entry.record.name)
        let child = outlets.child(id, process, credentials)
        takeUpLosses(child)
        outlets.reattach(child, nil) { past.readers(entry, isError: $0) }
        if outlets.closeForGood(child) {
            tell(child.losses)
            store.forget(id)
        }
    }

    /// Goes on counting what is lost of the outputs of a process, before any of it is read.
    private func takeUpLosses(_ child: Child) {
        child.stdout.lostBytes = store.lostBytes(of: child.stdout.id)
        child.stderr.lostBytes = store.lostBytes(of: child.stderr.id)
    }

    /// What a process went by that was taken out: its output goes where it always went.
    private func departed(_ name: ProcessName) -> (ProcessConfiguration, Credentials?) {
        if departures == nil { departures = loaded.history.departed(reader.overrides) }
        if let process = departures?[name] { return (process.configuration, process.credentials) }
        let settings = loaded.configuration.daemon
        return (ProcessConfiguration(unconfigured: name, settings), nil)
    }
}

extension MemberRecord {
    /// Whether nobody had heard yet that the run became its program.
    var waitsForExec: Bool {
        if case .starting(_, _, provenAt: nil) = phase { true } else { false }
    }
}
