// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import Supervision
private import SystemPackage

/// A process that is not our child, held by a descriptor: a signal through it reaches no other.
///
/// The descriptor is readable once the process has ended, and hangs up once it was reaped.
package struct PidDescriptor: ~Copyable, Sendable {
    /// What is known of a process's end.
    package enum Ending: Hashable, Sendable {
        case alive
        /// It is a zombie whose status is not ours to see; look again when the descriptor hangs up.
        case unreaped
        case ended(ExitStatus)
    }

    package let descriptor: OwnedDescriptor
    package let identity: ProcessIdentity

    init(descriptor: consuming OwnedDescriptor, identity: ProcessIdentity) {
        self.descriptor = descriptor
        self.identity = identity
    }

    /// What has this pid now, a zombie included; nil when nothing has it, where the kernel has no
    /// such descriptors, and when nothing could be written down of it that tells it from another.
    package static func of(_ pid: Int32) -> PidDescriptor? {
        guard pid > 0 else { return nil }
        let number = swisord_pidfd_open(pid)
        guard number >= 0 else { return nil }
        let descriptor = OwnedDescriptor(owning: number)
        let inode = swisord_pidfd_inode(number)
        let ticks = ProcessStat.read(pid)?.startTicks ?? 0
        guard inode != 0 || ticks != 0 else { return nil }
        return PidDescriptor(
            descriptor: descriptor,
            identity: ProcessIdentity(pid: pid, startTicks: ticks, inode: inode)
        )
    }

    /// How the process has ended.
    ///
    /// A zombie's status is in /proc, for those who may trace it; what was reaped is told by the
    /// kernel from Linux 6.15 on (PIDFD_GET_INFO). Where neither is so, it is `unknown`.
    package var ending: Ending {
        var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 0) == 1 else { return .alive }
        if let status = reapedStatus { return .ended(status) }
        if let stat = ProcessStat.read(identity.pid), isThis(stat), stat.hasEnded {
            guard let status = stat.waitStatus, status != 0 || Self.maySeeStatus(of: stat.pid)
            else { return .unreaped }
            return .ended(ExitStatus(waitStatus: status))
        }
        // Reaped between the two looks, or long ago on a kernel that keeps nothing.
        return .ended(reapedStatus ?? .unknown)
    }

    /// Waits until the process has ended, or for so long.
    func waitForEnd(atMost limit: Duration) {
        var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = limit.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        _ = poll(&entry, 1, Int32(clamping: milliseconds))
    }

    /// Whether it has executed a program since it was made; nil when nobody can tell any more.
    package var hasExecuted: Bool? {
        guard let stat = ProcessStat.read(identity.pid), isThis(stat) else { return nil }
        return stat.hasExecuted
    }

    /// Sends a signal to this process and to no other (`pidfd_send_signal`).
    ///
    /// - Returns: False when it has been reaped.
    /// - Throws: `SystemError` with EPERM when the process belongs to somebody else.
    @discardableResult
    package func send(_ signal: Signal) throws(SystemError) -> Bool {
        if swisord_pidfd_send(descriptor.rawValue, signal.rawValue) == 0 { return true }
        let error = SystemError.last("pidfd_send_signal", "\(identity.pid)")
        guard error.errno == .noSuchProcess else { throw error }
        return false
    }

    private var reapedStatus: ExitStatus? {
        var status: Int32 = 0
        guard swisord_pidfd_status(descriptor.rawValue, &status) == 1 else { return nil }
        return ExitStatus(waitStatus: status)
    }

    /// Whether what was read of the pid is of this process: the pid may be another's by now.
    private func isThis(_ stat: ProcessStat) -> Bool {
        identity.startTicks == 0 || stat.startTicks == identity.startTicks
    }

    /// Whether a status of 0 in /proc/PID/stat means success; who may not know reads 0 as well.
    private static func maySeeStatus(of pid: Int32) -> Bool {
        var owner = stat()
        guard stat("/proc/\(pid)", &owner) == 0 else { return false }
        if owner.st_uid == geteuid(), owner.st_gid == getegid() { return true }
        return Capabilities.mayTrace
    }
}

/// What this process may do beyond its user's rights.
enum Capabilities {
    /// CAP_SYS_PTRACE, in force.
    static var mayTrace: Bool {
        guard let text = try? SmallFile.read("/proc/self/status", limit: 1 << 16),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
            let word = line.split(whereSeparator: \.isWhitespace).last,
            let mask = UInt64(word, radix: 16)
        else { return false }
        return mask & (1 << 19) != 0
    }
}
