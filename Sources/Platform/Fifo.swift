// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// Named pipes through which programs write their output.
package enum Fifo {
    /// Makes a FIFO for the output of a program and opens it for reading.
    ///
    /// It belongs to the program's user, so that the program may open /dev/stdout again. What a
    /// dead daemon left in its place is removed if it is a FIFO of that user or of ours, so that
    /// no old reader shares it. The directory must be one that only we may write to.
    ///
    /// - Parameters:
    ///   - path: Where to make it.
    ///   - owner: The program's user; nil for our own.
    ///   - mode: Its permissions, whatever the umask is.
    /// - Returns: The reader's end, see `openReader(_:)`.
    /// - Throws: `SystemError`; EEXIST when something else stands there, which is left as it is.
    package static func make(
        _ path: String,
        owner: Credentials? = nil,
        mode: UInt32 = 0o600
    ) throws(SystemError) -> OwnedDescriptor {
        try removeStale(path, owner)
        _ = try retrying("mkfifo", path) { mkfifo(path, 0o600) }
        let reader = try openReader(path)
        _ = try retrying("chmod", path) { fchmod(reader.rawValue, mode_t(mode)) }
        if let owner, owner.uid != geteuid() || owner.gid != getegid() {
            _ = try retrying("chown", path) { fchown(reader.rawValue, owner.uid, owner.gid) }
        }
        return reader
    }

    /// Opens a FIFO for reading, non-blocking.
    ///
    /// It is opened for writing too: as long as the reader lives there is a writer, so that the end
    /// of the last program is not an end of file, told again and again.
    package static func openReader(_ path: String) throws(SystemError) -> OwnedDescriptor {
        let flags = O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
        let reader = OwnedDescriptor(owning: try retrying("open", path) { open(path, flags) })
        var status = stat()
        _ = try retrying("fstat", path) { fstat(reader.rawValue, &status) }
        guard status.st_mode & S_IFMT == S_IFIFO else {
            throw SystemError("open", path, errno: .fileExists)
        }
        return reader
    }

    /// Whether there is such a directory, or may be.
    package static func mayBe(in directory: String) -> Bool {
        access(directory, F_OK) == 0 || errno != ENOENT
    }

    /// Whether this reader is one of the FIFO that has this name now.
    package static func isRead(_ path: String, by reader: borrowing OwnedDescriptor) -> Bool {
        var named = stat()
        var opened = stat()
        guard lstat(path, &named) == 0, fstat(reader.rawValue, &opened) == 0 else { return false }
        return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino
    }

    private static func removeStale(_ path: String, _ owner: Credentials?) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        let isOurs = status.st_uid == geteuid() || status.st_uid == owner?.uid
        guard status.st_mode & S_IFMT == S_IFIFO, isOurs else {
            throw SystemError("mkfifo", path, errno: .fileExists)
        }
        _ = try retrying("unlink", path) { unlink(path) }
    }
}
