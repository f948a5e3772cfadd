// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// A program that is nobody's child whom we could ask: it outlived its guardian.
///
/// Its descriptor is the process itself, not its number, so nothing done to it hits a stranger.
final class Survivor {
    let process: PidDescriptor

    var pid: PID { process.identity.pid }

    init(_ process: consuming PidDescriptor) {
        self.process = process
    }

    /// The process that a record speaks of; nil when it has ended.
    convenience init?(_ record: MemberRecord) {
        guard let process = ProcessIdentity(of: record)?.open() else { return nil }
        self.init(process)
    }

    /// A process that was seen; nil when it has ended since.
    convenience init?(_ seen: ProcessStat) {
        let identity = ProcessIdentity(pid: seen.pid, startTicks: seen.startTicks, inode: 0)
        guard let process = identity.open() else { return nil }
        self.init(process)
    }
}

extension ProcessIdentity {
    /// The leader of the run that a record speaks of, if it had one.
    init?(of record: MemberRecord) {
        guard let pid = record.liveRun?.pid else { return nil }
        self.init(
            pid: pid,
            startTicks: record.outside.startTicks,
            inode: record.outside.pidInode
        )
    }
}

extension SpawnFailure {
    /// No second copy is started beside one that is to be left alone.
    static func orphan(_ pid: PID) -> SpawnFailure {
        SpawnFailure(
            step: .leftovers,
            subject: "",
            errorNumber: 0,
            reason: "pid \(pid) of an earlier daemon runs on, and 'orphans: leave' is set",
            isPermanent: true
        )
    }

    /// A start that waits until it is known what an earlier daemon has left of the run before.
    static let orphanSought = SpawnFailure(
        step: .leftovers,
        subject: "",
        errorNumber: 0,
        reason: "what an earlier daemon has left is being looked for",
        isPermanent: false
    )
}
