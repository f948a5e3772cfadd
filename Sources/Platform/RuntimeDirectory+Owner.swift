// SPDX-License-Identifier: Apache-2.0

private import Glibc

extension RuntimeDirectory {
    /// Makes a directory that is missing and gives it to another user; one that exists stays.
    ///
    /// For a daemon that root starts and that then runs as somebody else, who could not make its
    /// directories.
    package static func make(
        _ path: String,
        for owner: Credentials
    ) throws(DirectoryError) {
        var status = stat()
        guard lstat(path, &status) != 0 else { return }
        try ensureDirectory(path, mode: 0o700)
        guard lchown(path, owner.uid, owner.gid) == 0 else {
            throw .system(.last("chown", path))
        }
    }
}
