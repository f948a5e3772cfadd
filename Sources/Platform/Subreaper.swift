// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc

/// Adopts the orphans of programs, so that their end is seen here and not by PID 1.
package enum Subreaper {
    /// Makes this process the parent of its descendants' orphans (PR_SET_CHILD_SUBREAPER).
    ///
    /// Children do not inherit it. PID 1 is that already.
    package static func enable() throws(SystemError) {
        guard getpid() != 1 else { return }
        _ = try retrying("prctl", "PR_SET_CHILD_SUBREAPER") { swisord_become_subreaper() }
    }

    /// Whether the system lets a process adopt orphans, and so whether the guardian does.
    package static let isPossible = getpid() == 1 || swisord_is_subreaper() >= 0

    /// Whether this process adopts the orphans of its descendants.
    package static var isEnabled: Bool { getpid() == 1 || swisord_is_subreaper() == 1 }
}
