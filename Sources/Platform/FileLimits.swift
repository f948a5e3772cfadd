// SPDX-License-Identifier: Apache-2.0

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
}
