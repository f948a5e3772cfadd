// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// The file of a Unix socket: how it comes to its path, whose it is, and what makes way for it.
///
/// The folder may be a user's who wishes root ill. So what is changed is what was opened, and only
/// when it is the socket that was bound: a link put in its place is left alone.
enum ServiceSocketFile {
    /// O_PATH and AT_EMPTY_PATH of open(2), which the overlay lacks.
    private static let byPath: Int32 = 0o10000000
    private static let itself: Int32 = 0x1000

    /// What makes a file this one and no other.
    struct Identity: Hashable, Sendable {
        private let device: UInt64
        private let inode: UInt64

        /// Of the socket at a path; nil when there is something else, or nothing.
        init?(of path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            self.init(status)
        }

        fileprivate init?(_ status: stat) {
            guard status.st_mode & S_IFMT == S_IFSOCK else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }

        /// As much of the inode's number as sock_diag(7) tells.
        var shortInode: UInt32 { UInt32(truncatingIfNeeded: inode) }
    }

    /// Removes a socket at the path on which nobody listens any more, and nothing else.
    ///
    /// - Throws: EEXIST when there is a file that is no socket, EADDRINUSE when there is somebody
    ///   at the socket, and what keeps from asking.
    static func makeRoom(at path: String) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard let found = Identity(status) else {
            throw SystemError("bind", path, errno: .fileExists)
        }
        let probe = try makeSocket(path, Int32(SOCK_NONBLOCK.rawValue))
        let refusal = SocketAddress(path: path).connect(probe.rawValue) == 0 ? 0 : errno
        switch refusal {
        case ECONNREFUSED:
            // What was put there meanwhile stays.
            if Identity(of: path) == found { _ = unlink(path) }
        case ENOENT: break
        // Also more callers than there is room for, or a socket of another type.
        case 0, EAGAIN, EPROTOTYPE: throw SystemError("bind", path, errno: .addressInUse)
        default: throw SystemError("connect", path, errno: Errno(rawValue: refusal))
        }
    }

    /// A socket with this path for its name, which does not listen yet.
    static func bind(_ path: String, mode: UInt32) throws(SystemError) -> OwnedDescriptor {
        let name = SocketAddress(path: path)
        let made = try makeSocket(path)
        // The mode of the file is that of the descriptor, less the umask: never is it too open.
        _ = try retrying("fchmod", path) { fchmod(made.rawValue, mode_t(mode)) }
        _ = try retrying("bind", path) { name.bind(made.rawValue) }
        return made
    }

    /// Gives the file its owner and mode.
    static func dress(
        _ path: String,
        _ identity: Identity,
        _ dress: ServiceSocket.Dress
    ) throws(SystemError) {
        let file = OwnedDescriptor(
            owning: try retrying("open", path) { open(path, byPath | O_NOFOLLOW | O_CLOEXEC) }
        )
        var status = stat()
        _ = try retrying("stat", path) { fstat(file.rawValue, &status) }
        guard Identity(status) == identity else {
            throw SystemError("open", path, errno: .fileExists)
        }
        let (uid, gid) = (dress.uid ?? .max, dress.gid ?? .max)
        let isOwned =
            (uid == .max || uid == status.st_uid) && (gid == .max || gid == status.st_gid)
        if !isOwned {
            _ = try retrying("chown", path) {
                fchownat(file.rawValue, "", uid, gid, itself)
            }
        }
        if status.st_mode & 0o7777 != mode_t(dress.mode) {
            let opened = "/proc/self/fd/\(file.rawValue)"
            _ = try retrying("chmod", path) {
                let result = chmod(opened, mode_t(dress.mode))
                // Where there is no /proc.
                return result == 0 || errno != ENOENT ? result : chmod(path, mode_t(dress.mode))
            }
        }
    }

    private static func makeSocket(
        _ path: String,
        _ flags: Int32 = 0
    ) throws(SystemError) -> OwnedDescriptor {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | flags
        return OwnedDescriptor(owning: try retrying("socket", path) { socket(AF_UNIX, kind, 0) })
    }
}
