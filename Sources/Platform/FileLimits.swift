// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc

/// How many descriptors this process may have open (RLIMIT_NOFILE).
package struct FileLimits: Hashable, Sendable {
    /// The limit in force.
    package let soft: UInt64
    /// How far the process may raise it.
    package let hard: UInt64

    /// Reads the limits of this process.
    package static func current() throws(SystemError) -> FileLimits {
        var limit = rlimit()
        _ = try retrying("getrlimit", "RLIMIT_NOFILE") {
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return FileLimits(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
    }

    /// Raises the soft limit to the hard one: a thousand programs need some thousand descriptors.
    ///
    /// - Returns: The limits as they were; programs get their soft limit back, because those that
    ///   use select(2) or close every possible descriptor suffer under a high one.
    package static func raise() throws(SystemError) -> FileLimits {
        let before = try current()
        var limit = rlimit(rlim_cur: rlim_t(before.hard), rlim_max: rlim_t(before.hard))
        _ = try retrying("setrlimit", "RLIMIT_NOFILE") {
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return before
    }

    /// Has the kernel make room for so many descriptors at once, as far as the limit allows.
    ///
    /// To be called before the first thread. The table grows by doubling, and in a process of several
    /// threads each time waits for all processors to have come by: some 15 ms.
    ///
    /// - Returns: Whether there was anything to be done.
    @discardableResult
    package static func makeRoom(for count: Int) -> Bool {
        let most = (try? current()).map { Int(clamping: $0.soft) - 1 } ?? 0
        let number = eventfd(0, Int32(EFD_CLOEXEC))
        guard number >= 0 else { return false }
        defer { close(number) }
        let highest = fcntl(number, F_DUPFD_CLOEXEC, Int32(clamping: min(count, most)))
        guard highest >= 0 else { return false }
        close(highest)
        return true
    }
}
