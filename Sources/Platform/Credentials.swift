// SPDX-License-Identifier: Apache-2.0

/// Whom a program runs as: its ids, and what its environment says about its user.
package struct Credentials: Hashable, Sendable {
    package let uid: UInt32
    package let gid: UInt32
    /// The supplementary groups, those of the user and never the daemon's own.
    package let groups: [UInt32]
    package let name: String
    package let home: String
    package let shell: String

    package init(
        uid: UInt32,
        gid: UInt32,
        groups: [UInt32],
        name: String,
        home: String,
        shell: String
    ) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.name = name
        self.home = home
        self.shell = shell
    }
}
