// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc

/// What tells one process of this boot from every other, also from the next one of its pid.
///
/// It can be written down and compared later. The inode of pidfs is never used twice; where the
/// kernel has none, a pid is not given out twice within one tick of its start time.
package struct ProcessIdentity: Hashable, Sendable {
    package let pid: Int32
    /// When it was made, in ticks since boot; 0 where there is no /proc.
    package let startTicks: UInt64
    /// The inode of its descriptor in pidfs (Linux 6.9); 0 where there is none.
    package let inode: UInt64

    package init(pid: Int32, startTicks: UInt64, inode: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
        self.inode = inode
    }

    /// The identity of what has this pid now, a zombie included; nil when nothing has it, or when
    /// nothing can be known that would tell it from another.
    package static func of(_ pid: Int32) -> ProcessIdentity? {
        guard pid > 0 else { return nil }
        if let process = PidDescriptor.of(pid) { return process.identity }
        return ProcessStat.read(pid).map {
            ProcessIdentity(pid: pid, startTicks: $0.startTicks, inode: 0)
        }
    }

    /// What was opened before, if it is this process, which may be gone by now.
    package func open(_ kept: consuming OwnedDescriptor) -> PidDescriptor? {
        guard inode != 0, swisord_pidfd_inode(kept.rawValue) == inode else { return nil }
        return PidDescriptor(descriptor: kept, identity: self)
    }

    /// Opens the process, if it is still this one; nil when it is gone, reaped or another's.
    package func open() -> PidDescriptor? {
        guard pid > 0 else { return nil }
        let number = swisord_pidfd_open(pid)
        guard number >= 0 else { return nil }
        let descriptor = OwnedDescriptor(owning: number)
        // The descriptor is bound now: whatever is read of the pid is of this process, or of none.
        let found = swisord_pidfd_inode(descriptor.rawValue)
        if inode != 0, found != 0 {
            guard inode == found else { return nil }
        } else {
            guard startTicks != 0, ProcessStat.read(pid)?.startTicks == startTicks,
                swisord_pidfd_send(descriptor.rawValue, 0) == 0 || errno != ESRCH
            else { return nil }
        }
        return PidDescriptor(descriptor: descriptor, identity: self)
    }
}
