// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// Files that are read whole.
package enum SmallFile {
    /// Reads a regular file of at most `limit` bytes as UTF-8; broken text is mended.
    ///
    /// - Throws: `SystemError`; EFBIG for a larger file, EINVAL for something that is no file,
    ///   which is never waited for.
    package static func read(_ path: String, limit: Int) throws(SystemError) -> String {
        try read(path, limit: limit, isPrivate: false)
    }

    /// The same for a file that nobody but its owner may read, who is root or ourselves.
    ///
    /// - Throws: `SystemError`; EACCES of the operation `mode` when others may.
    package static func readPrivate(_ path: String, limit: Int) throws(SystemError) -> String {
        try read(path, limit: limit, isPrivate: true)
    }

    private static func read(
        _ path: String,
        limit: Int,
        isPrivate: Bool
    ) throws(SystemError) -> String {
        let flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        let file = OwnedDescriptor(owning: try retrying("open", path) { open(path, flags) })
        var status = stat()
        _ = try retrying("fstat", path) { fstat(file.rawValue, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError("read", path, errno: .invalidArgument)
        }
        let isOwned = status.st_uid == 0 || status.st_uid == geteuid()
        guard !isPrivate || isOwned && status.st_mode & 0o077 == 0 else {
            throw SystemError("mode", path, errno: .permissionDenied)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = try retrying("read", path) {
                Glibc.read(file.rawValue, &buffer, buffer.count)
            }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer.prefix(count)
            guard bytes.count <= limit else {
                throw SystemError("read", path, errno: .fileTooLarge)
            }
        }
    }
}
