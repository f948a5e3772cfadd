// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// Who may use the control socket, by the mode and the owner of its file.
package struct SocketAccess: Hashable, Sendable {
    /// The permissions of the file; who may write to it may connect.
    package var mode: UInt32
    /// Whom the file is given to; nil leaves it to the daemon's own user.
    package var owner: Owner?

    /// The owner of a file, as numbers.
    package struct Owner: Hashable, Sendable {
        package let user: UInt32
        package let group: UInt32

        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    package init(mode: UInt32 = 0o600, owner: Owner? = nil) {
        self.mode = mode
        self.owner = owner
    }

    /// Whether others than root and the daemon's own user are to be served.
    var isOpen: Bool { mode & 0o022 != 0 || owner.map { $0.user != geteuid() } ?? false }

    /// Gives a file, which is nobody else's yet, its owner and its mode.
    func apply(to path: String) throws(ControlServerError) {
        if let owner, chown(path, owner.user, owner.group) != 0 { throw .last("chown", path) }
        // Last, and by name: the umask has nothing to say about it.
        if self != SocketAccess(), chmod(path, mode) != 0 { throw .last("chmod", path) }
    }
}
