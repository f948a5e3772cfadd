// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import SystemPackage

extension OwnedDescriptor {
    /// What tells this file from those that had its inode number before and are gone.
    ///
    /// A file system gives the number of a deleted file to the next one, often at once.
    package borrowing func generation() -> UInt64 {
        swisord_file_generation(rawValue)
    }
}

/// How root uses directories that belong to others.
package enum DirectoryAccess {
    /// Opens a directory for lookups (O_PATH) if no component of its path is a symbolic link.
    ///
    /// - Throws: the errno of `openat2`; `tooManySymbolicLinkLevels` for a link, `noFunction` on
    ///   kernels before 5.6, `notPermitted` where a container forbids the call.
    package static func openWithoutLinks(_ path: String) throws(Errno) -> OwnedDescriptor {
        let descriptor = swisord_open_directory(path)
        guard descriptor >= 0 else { throw Errno(rawValue: Glibc.errno) }
        return OwnedDescriptor(owning: descriptor)
    }

    /// Does something to files with the rights of another user, on this thread alone.
    ///
    /// - Throws: what `body` throws; `notPermitted`, and `body` is not run, where this process may
    ///   not take on the user.
    package static func act<Result: ~Copyable>(
        asUser user: UInt32,
        group: UInt32,
        _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        guard swisord_act_as(user, group) == 0 else {
            _ = swisord_act_as(geteuid(), getegid())
            throw .notPermitted
        }
        defer { _ = swisord_act_as(geteuid(), getegid()) }
        return try body()
    }
}
