// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc

/// The rights of this process.
package enum Privileges {
    /// Makes this process run as somebody else for good: groups, then gid, then uid, then a check
    /// that root cannot be regained.
    ///
    /// Who is that user already keeps what he has, as long as he is not root.
    ///
    /// - Throws: `SystemError` that names the step; the process may have lost some of its rights by
    ///   then and should end.
    package static func become(_ credentials: Credentials) throws(SystemError) {
        if geteuid() != 0, getuid() == credentials.uid, geteuid() == credentials.uid,
            getegid() == credentials.gid
        {
            return
        }
        let step = swisord_become(
            credentials.uid,
            credentials.gid,
            credentials.groups,
            credentials.groups.count
        )
        guard step != 0 else { return }
        let operation =
            switch UInt32(bitPattern: step) {
            case SWISORD_STEP_GROUPS.rawValue: "setgroups"
            case SWISORD_STEP_GROUP.rawValue: "setresgid"
            case SWISORD_STEP_USER.rawValue: "setresuid"
            default: "giving up root for good"
            }
        throw .last(operation, credentials.name)
    }
}
