// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import Platform
import Supervision

/// Runs that have outlived their guardian: of what their programs have made nobody is told when it
/// ends, and their numbers may be given to others meanwhile. So all goes by what is found: in the
/// cgroup of the run, or by the marks that /proc shows.
extension Daemon {
    /// What is known of a member's run, if it has outlived its guardian.
    func outlived(_ id: MemberID) -> ProcessTree.Outlived? {
        guard let child = children[id], child.hasOutlived else { return nil }
        return outlived(child.begunTicks, child.seenTicks)
    }

    /// What is known of the run that a record speaks of.
    func outlived(_ record: MemberRecord) -> ProcessTree.Outlived {
        outlived(record.outside.startTicks, record.outside.seenTicks)
    }

    private func outlived(_ begun: UInt64, _ seen: UInt64) -> ProcessTree.Outlived {
        ProcessTree.Outlived(begun: begun, seen: seen, isGroupOnly: groups.means == .group)
    }

    /// Whether /proc shows anything.
    private var canLook: Bool { ProcessStat.read(ThisProcess.pid) != nil }

    /// From now on nothing is known of the live run of a member but by looking, where that is possible.
    func outlive(_ id: MemberID) {
        guard canLook, let child = children[id] else { return }
        child.hasOutlived = true
        if let outlived = outlived(id) { groups.outlive(id, outlived) }
    }

    /// Goes on with a stop whose leader was gone before this manager came.
    func goOnEmptying(_ id: MemberID, _ past: Past) {
        guard let child = children[id] else { return }
        child.isAbandoned = true
        child.hasOutlived = canLook
        child.isStopResumed = past.origin != .manager
    }
}
