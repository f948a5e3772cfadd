// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// A limit of this process that its children inherit.
package enum ResourceLimit: String, Sendable {
    case openFiles = "RLIMIT_NOFILE"
    case processes = "RLIMIT_NPROC"

    private var number: __rlimit_resource_t {
        switch self {
        case .openFiles: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        case .processes: __rlimit_resource_t(__RLIMIT_NPROC.rawValue)
        }
    }

    /// Raises the limit to `minimum`, where it is lower: the soft one, and the hard one with it
    /// where that is permitted.
    ///
    /// - Throws: `SystemError`; EPERM when only root may go so far.
    package func raise(toAtLeast minimum: Int) throws(SystemError) {
        var limit = rlimit()
        let number = number
        _ = try retrying("getrlimit", rawValue) { getrlimit(number, &limit) }
        // No limit at all is the largest number.
        let wanted = rlim_t(minimum)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        limit.rlim_max = max(limit.rlim_max, wanted)
        _ = try retrying("setrlimit", rawValue) { setrlimit(number, &limit) }
    }
}
