// SPDX-License-Identifier: Apache-2.0

private import Glibc
package import Supervision
private import SystemPackage

/// Sends signals to processes and process groups, and looks at who is left to get one.
///
/// A pid names a process only until it is reaped, so all of these are for children that the
/// caller has not collected, or groups that such a child led.
package enum ProcessSignals {
    /// Sends a signal to one process (`kill`).
    ///
    /// - Returns: False when there is no such process.
    /// - Throws: `SystemError` with EPERM when the process belongs to somebody else, EINVAL for a
    ///   pid that is not one: 0, 1 and negative numbers mean something else to the kernel.
    @discardableResult
    package static func send(_ signal: Signal, to pid: Int32) throws(SystemError) -> Bool {
        guard pid > 1 else { throw SystemError("kill", "\(pid)", errno: .invalidArgument) }
        return try deliver(signal.rawValue, to: pid)
    }

    /// Sends a signal to every process of a group.
    ///
    /// A child that has just been made leads its group only once it has taken its first steps.
    /// While the leader is not reaped the signal goes to it alone in that case, and is not lost.
    ///
    /// - Parameters:
    ///   - signal: What to send.
    ///   - group: The id of the group, which is the pid of its first leader.
    ///   - leaderIsOurs: Whether the leader has not been reaped, so that its pid is still its own.
    /// - Returns: False when nobody got it.
    /// - Throws: `SystemError` with EPERM when no member may be signalled, EINVAL as above.
    @discardableResult
    package static func send(
        _ signal: Signal,
        toGroup group: Int32,
        leaderIsOurs: Bool
    ) throws(SystemError) -> Bool {
        guard group > 1 else { throw SystemError("kill", "-\(group)", errno: .invalidArgument) }
        if try deliver(signal.rawValue, to: -group) { return true }
        return leaderIsOurs ? try deliver(signal.rawValue, to: group) : false
    }

    private static func deliver(_ number: Int32, to target: Int32) throws(SystemError) -> Bool {
        if kill(target, number) == 0 { return true }
        let error = SystemError.last("kill", "\(target)")
        guard error.errno == .noSuchProcess else { throw error }
        return false
    }

    /// Whether a process has this pid that has not ended.
    package static func isAlive(_ pid: Int32) -> Bool {
        guard pid > 0, kill(pid, 0) == 0 || errno == EPERM else { return false }
        return ProcessStat.read(pid)?.hasEnded != true
    }

    /// Whether no process is left in a group; one that ended but was not reaped is still in it.
    package static func groupIsEmpty(_ group: Int32) -> Bool {
        guard group > 1 else { return true }
        return kill(-group, 0) == -1 && errno == ESRCH
    }

    /// Whether all that is left in a group has ended and only waits to be reaped by others.
    ///
    /// Reads the whole of /proc, so this is for groups that were sent SIGKILL. False without /proc
    /// unless the group is empty.
    package static func groupHasOnlyZombies(_ group: Int32) -> Bool {
        if groupIsEmpty(group) { return true }
        guard let directory = opendir("/proc") else { return false }
        defer { closedir(directory) }
        var found = false
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = Int32(name), let status = ProcessStat.read(pid) else { continue }
            guard status.group == group else { continue }
            guard status.hasEnded else { return false }
            found = true
        }
        return found
    }

    /// Whether a process is stopped by a signal (state T); false without /proc.
    package static func isStopped(_ pid: Int32) -> Bool {
        ProcessStat.read(pid)?.state == UInt8(ascii: "T")
    }
}
