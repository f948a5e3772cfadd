// SPDX-License-Identifier: Apache-2.0

import Logging
import Platform
import Supervision

/// Copies of programs that an earlier daemon left behind and that are left alone
/// (`orphans: leave`): by the daemon that found them, and by each manager that follows.
extension Daemon {
    /// Starts no second copy of a program as long as the one of an earlier daemon lives.
    func leaveAlone(_ entry: Past.Entry, _ past: Past) {
        guard let process = Survivor(entry.record) else { return store.vacate(entry.slot) }
        var record = entry.record
        let id = fleet.makeIdentifier()
        store.take(entry.slot, for: id)
        orphans[record.name] = Orphan(process: process, id: id, run: record.history.runs)
        guard !record.isLeftAlone else { return }
        log.warning("\(record.name): pid \(process.pid) of an earlier daemon is left alone")
        record.isLeftAlone = true
        store.write(record, of: id)
    }

    /// The copy of a program that is left alone and lives; the place of one that has ended is free.
    func leftAlone(_ name: ProcessName) -> PID? {
        guard let orphan = orphans[name] else { return nil }
        if case .alive = orphan.process.process.ending { return orphan.process.pid }
        store.forget(orphan.id)
        orphans[name] = nil
        return nil
    }
}
