// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// A directory that cannot be used, and why.
package enum DirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A symbolic link or a file stands in its place.
    case notADirectory(String)
    /// It belongs to another user, who could replace what is in it.
    case foreign(String, owner: UInt32)
    /// Its group or everybody may write to it.
    case writableByOthers(String, mode: UInt32)
    case system(SystemError)

    /// One line such as `/run/swisord belongs to user 1000, not to user 0`.
    package var description: String {
        switch self {
        case .notADirectory(let path): "\(path) is not a directory"
        case .foreign(let path, let owner):
            "\(path) belongs to user \(owner), not to user \(geteuid())"
        case .writableByOthers(let path, let mode):
            "\(path) may be written by others (mode 0\(String(mode, radix: 8)))"
        case .system(let error): error.description
        }
    }
}

/// The directory for sockets, locks and FIFOs, which nobody else may touch.
package enum RuntimeDirectory {
    /// Makes a directory with mode 0700 and any parents with 0755, or checks one that exists.
    ///
    /// - Throws: `DirectoryError` when what is there is a symbolic link, belongs to another user
    ///   or may be written by others: who prepared it there could take over the daemon.
    package static func prepare(_ path: String) throws(DirectoryError) {
        do throws(SystemError) {
            try makeParents(of: path)
            try make(path, mode: 0o700)
        } catch {
            throw .system(error)
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .system(.last("lstat", path)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path) }
        guard status.st_uid == geteuid() else { throw .foreign(path, owner: status.st_uid) }
        guard status.st_mode & 0o022 == 0 else {
            throw .writableByOthers(path, mode: UInt32(status.st_mode & 0o7777))
        }
    }

    /// Makes a directory and its parents if they are missing, as for logs; checks nothing else.
    ///
    /// - Parameters:
    ///   - path: The directory; a symbolic link to one will do.
    ///   - mode: The permissions of a directory that is made here, before the umask.
    /// - Throws: `DirectoryError` when it cannot be made, or is something else.
    package static func ensureDirectory(
        _ path: String,
        mode: UInt32 = 0o755
    ) throws(DirectoryError) {
        do throws(SystemError) {
            try makeParents(of: path)
            try make(path, mode: mode)
        } catch {
            throw .system(error)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(.last("stat", path)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path) }
    }

    private static func makeParents(of path: String) throws(SystemError) {
        let bytes = Array(path.utf8)
        for end in bytes.indices.dropFirst() where bytes[end] == UInt8(ascii: "/") {
            let rest = bytes[end...].drop { $0 == UInt8(ascii: "/") }
            if rest.isEmpty || bytes[end - 1] == UInt8(ascii: "/") { continue }
            try make(String(decoding: bytes[..<end], as: UTF8.self), mode: 0o755)
        }
    }

    /// Makes one directory; one that exists is left alone, also when we could not have made it.
    private static func make(_ path: String, mode: UInt32) throws(SystemError) {
        var status = stat()
        if lstat(path, &status) == 0 || mkdir(path, mode_t(mode)) == 0 { return }
        // Somebody else may have been faster.
        let error = SystemError.last("mkdir", path)
        if error.errno.rawValue != EEXIST { throw error }
    }
}
