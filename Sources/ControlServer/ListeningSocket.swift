// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A Unix socket in the file system that listens, and knows its own file again.
///
/// It is made under a temporary name with its mode set before it has any name, and renamed when
/// it listens: nobody can ever open it with other rights, or find it and be refused. A file that
/// a dead daemon left is replaced by the same rename.
struct ListeningSocket: Sendable {
    /// The bytes that `sun_path` has room for, without the NUL.
    static let pathLimit = 107
    private static let backlog: Int32 = 128

    /// What makes a file this one and no other.
    private struct Identity: Hashable, Sendable {
        let device: UInt
        let inode: UInt
    }

    /// What is at the path.
    enum Presence: Hashable, Sendable {
        case own, missing, foreign
    }

    let path: String
    /// Open and listening; whoever takes it over closes it.
    let descriptor: Int32
    private let identity: Identity

    /// Takes over a socket that an earlier daemon made for `path` and somebody has kept open.
    ///
    /// Nil, and closed, when it does not listen, or is not the one that is found at `path` now.
    init?(adopting descriptor: Int32, path: String) {
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0,
            isListening == 1, let found = Self.look(path),
            let inode = BoundFile.inode(of: descriptor),
            inode == UInt32(truncatingIfNeeded: found.identity.inode)
        else {
            _ = close(descriptor)
            return nil
        }
        let flags = fcntl(descriptor, F_GETFD)
        _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC)
        self.path = path
        self.descriptor = descriptor
        identity = found.identity
    }

    /// Makes the socket and puts it at `path`.
    init(path: String, for access: SocketAccess) throws(ControlServerError) {
        guard path.utf8.count <= Self.pathLimit else { throw .pathTooLong(path) }
        if let mode = Self.look(path)?.mode, mode & S_IFMT != S_IFSOCK { throw .occupied(path) }
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { throw .last("socket", path) }
        do throws(ControlServerError) {
            identity = try Self.place(descriptor, at: path, for: access)
        } catch {
            _ = close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    var presence: Presence {
        guard let found = Self.look(path) else { return .missing }
        return found.identity == identity ? .own : .foreign
    }

    /// Removes the file, if it is still this socket's.
    func removeFile() {
        if presence == .own { _ = unlink(path) }
    }

    private static func place(
        _ descriptor: Int32,
        at path: String,
        for access: SocketAccess
    ) throws(ControlServerError) -> Identity {
        // The mode of the file is that of the descriptor, less the umask.
        guard fchmod(descriptor, 0o600) == 0 else { throw .last("fchmod", path) }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { String(path[..<$0]) + "/" } ?? ""
        let temporary = "\(directory).\(path.dropFirst(directory.count)).new"
        _ = unlink(temporary)
        try bind(descriptor, to: temporary, in: directory)
        do throws(ControlServerError) {
            guard listen(descriptor, backlog) == 0 else { throw .last("listen", path) }
            try access.apply(to: temporary)
            guard let found = look(temporary) else { throw .last("stat", temporary) }
            guard rename(temporary, path) == 0 else { throw .last("rename", path) }
            return found.identity
        } catch {
            _ = unlink(temporary)
            throw error
        }
    }

    /// Binds, by way of the directory's descriptor where the temporary name is too long.
    private static func bind(
        _ descriptor: Int32,
        to path: String,
        in directory: String
    ) throws(ControlServerError) {
        guard path.utf8.count > pathLimit else { return try bind(descriptor, exactly: path) }
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .last("open", directory) }
        defer { _ = close(folder) }
        let name = path.dropFirst(directory.count)
        try bind(descriptor, exactly: "/proc/self/fd/\(folder)/\(name)")
    }

    private static func bind(
        _ descriptor: Int32,
        exactly path: String
    ) throws(ControlServerError) {
        let result = withAddress(path) { Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else { throw .last("bind", path) }
    }

    /// Whether somebody listens at `path`, asked without waiting.
    static func isAnswered(_ path: String) -> Bool {
        guard path.utf8.count <= pathLimit else { return false }
        let kind = Int32(
            SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        )
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        // EAGAIN: somebody listens, and has more callers than there is room for.
        return withAddress(path) { connect(descriptor, $0, $1) == 0 || errno == EAGAIN }
    }

    private static func withAddress<Result>(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func look(_ path: String) -> (identity: Identity, mode: mode_t)? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return (Identity(device: status.st_dev, inode: status.st_ino), status.st_mode)
    }
}

extension ControlServerError {
    static func last(_ operation: String, _ path: String) -> ControlServerError {
        .system(operation: operation, path: path, reason: String(cString: strerror(errno)))
    }
}
