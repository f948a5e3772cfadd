// SPDX-License-Identifier: Apache-2.0

import Logging
import Platform
import Supervision

/// Copies of programs that an earlier daemon left behind and that are left alone
/// (`orphans: leave`): by the daemon that found them, and by each manager that follows.
extension Daemon {
    /// Starts no second copy of a program as long as the one of an earlier daemon lives, or anything
    /// of one that was being stopped.
    func leaveAlone(_ entry: Past.Entry) {
        let record = entry.record
        if record.isEmptying, let leader = record.unsettledRun?.pid {
            let id = keep(entry, nil)
            let run = record.history.runs
            let group = groups.group(record.name, run, leader, nil, outlived(record))
            groups.leftovers[id] = [group]
            switch group.cgroup {
            case .some(let cgroup): handleLeftAlone(id, cgroup.pids)
            case .none: look(for: group, of: id)
            }
            return
        }
        guard let process = Survivor(record) else { return store.vacate(entry.slot) }
        handleLeftAlone(keep(entry, process), [process.pid])
    }

    /// Keeps the record of one that is left alone, for the managers that follow.
    private func keep(_ entry: Past.Entry, _ process: Survivor?) -> MemberID {
        var record = entry.record
        let id = fleet.makeIdentifier()
        store.take(entry.slot, for: id)
        orphans[record.name] = Orphan(
            process: process,
            id: id,
            run: record.history.runs,
            isTold: record.isLeftAlone
        )
        if !record.isLeftAlone {
            record.isLeftAlone = true
            store.write(record, of: id)
        }
        return id
    }

    /// Deals with what a look has found, if it was for one that is left alone.
    ///
    /// - Returns: Whether it was.
    @discardableResult
    func handleLeftAlone(_ id: MemberID, _ pids: [PID]) -> Bool {
        guard let (name, orphan) = orphans.first(where: { $1.id == id }) else { return false }
        guard !pids.isEmpty else {
            giveFree(name, orphan)
            return true
        }
        guard !orphan.isTold else { return true }
        orphans[name]?.isTold = true
        let all = pids.sorted().map(String.init).joined(separator: ", ")
        let verb =
            pids.count == 1
            ? "pid \(all) of an earlier daemon is" : "pids \(all) of an earlier daemon are"
        log.warning("\(name): \(verb) left alone")
        return true
    }

    private func giveFree(_ name: ProcessName, _ orphan: Orphan) {
        store.forget(orphan.id)
        groups.leftovers[orphan.id] = nil
        orphans[name] = nil
    }

    /// The copy of a program that is left alone and lives; the place of one that has ended is free.
    ///
    /// - Parameters:
    ///   - name: The program.
    ///   - id: Who is to start in its place.
    /// - Returns: The pid of the copy, or of one of the processes that are left of it.
    /// - Throws: `SpawnFailure` as long as it is being looked what is left; `releaseStarts` follows.
    func leftAlone(_ name: ProcessName, for id: MemberID) throws(SpawnFailure) -> PID? {
        guard let orphan = orphans[name] else { return nil }
        if let process = orphan.process {
            if case .alive = process.process.ending { return process.pid }
        } else if let group = groups.leftovers[orphan.id]?.first, !group.isSpent {
            if let pid = group.cgroup?.pids.first ?? group.survivors.first?.pid { return pid }
            // Those that were seen have ended; they may have made others.
            look(for: group, of: orphan.id)
            groups.waiting.insert(id)
            throw SpawnFailure.orphanSought
        }
        giveFree(name, orphan)
        return nil
    }
}
