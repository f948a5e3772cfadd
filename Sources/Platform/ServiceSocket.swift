// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import SystemPackage

/// A socket that is bound and listens before the program that accepts on it is started.
///
/// Nothing here accepts, so it blocks, as programs expect. It is bound to the very path that was
/// asked for, since programs read its name and some write it down. It is closed when nobody has it
/// any more, so one that came too late leaves only a file that is replaced.
package final class ServiceSocket: Sendable {
    /// Where clients find it.
    package enum Place: Hashable, Sendable {
        case path(String)
        case network(address: String, port: Int)
    }

    /// Open and listening.
    package let descriptor: OwnedDescriptor
    private let path: String?
    /// What makes the file at the path this socket's; nil where that is another's.
    private let identity: ServiceSocketFile.Identity?

    /// Binds a socket and has it listen.
    ///
    /// - Throws: `SystemError`; EADDRINUSE when somebody listens there, EEXIST when something else
    ///   is at the path. A socket that nobody listens on any more is replaced.
    package init(at place: Place, backlog: Int, file: Dress) throws(SystemError) {
        switch place {
        case .network(let address, let port):
            path = nil
            identity = nil
            descriptor = try SocketAddress.bound(address, port)
            try listen(backlog: backlog)
        case .path(let path):
            try ServiceSocketFile.makeRoom(at: path)
            descriptor = try ServiceSocketFile.bind(path, mode: file.mode)
            self.path = path
            identity = ServiceSocketFile.Identity(of: path)
            do throws(SystemError) {
                try dress(file)
                try listen(backlog: backlog)
            } catch {
                removeFile()
                throw error
            }
        }
    }

    /// Takes over a socket that is bound to this place.
    ///
    /// - Parameters:
    ///   - descriptor: The socket.
    ///   - place: What it is bound to.
    ///   - file: The lower half of its file's inode; nil when the kernel does not tell.
    package init(adopting descriptor: consuming OwnedDescriptor, at place: Place, file: UInt32?) {
        self.descriptor = descriptor
        switch place {
        case .network: (path, identity) = (nil, nil)
        case .path(let path):
            self.path = path
            let found = ServiceSocketFile.Identity(of: path)
            let isOurs = file == nil || found.map { $0.shortInode == file } ?? false
            identity = isOurs ? found : nil
        }
    }

    /// Whether clients still find it: its file may have been removed or replaced.
    package var isInPlace: Bool {
        guard let path else { return true }
        return identity != nil && ServiceSocketFile.Identity(of: path) == identity
    }

    /// How many connections may wait from now on.
    package func listen(backlog: Int) throws(SystemError) {
        let count = Int32(clamping: backlog)
        _ = try retrying("listen", path ?? "") { Glibc.listen(descriptor.rawValue, count) }
    }

    /// Gives its file the owner and the mode that are asked for.
    package func dress(_ dress: Dress) throws(SystemError) {
        guard let path, let identity else { return }
        try ServiceSocketFile.dress(path, identity, dress)
    }

    /// Has it wait in accept again: a program that has ended may have left it otherwise.
    package func block() {
        let flags = fcntl(descriptor.rawValue, F_GETFL)
        if flags >= 0, flags & O_NONBLOCK != 0 {
            _ = fcntl(descriptor.rawValue, F_SETFL, flags & ~O_NONBLOCK)
        }
    }

    /// Removes the file, if it is still this socket's.
    package func removeFile() {
        if let path, isInPlace { _ = unlink(path) }
    }

    // MARK: - Of others

    /// Whether a descriptor is a socket that was made for this place, and not one that was accepted
    /// from it.
    package static func isBound(_ descriptor: Int32, to place: Place) -> Bool {
        var answer: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0, answer != 0
        else { return false }
        switch place {
        case .network(let address, let port):
            guard let name = SocketAddress(address, port) else { return false }
            return SocketAddress(of: descriptor) == name
        case .path(let path): return SocketAddress(of: descriptor)?.path == Array(path.utf8)
        }
    }

    /// The path that a socket is bound to; nil for one of the network.
    package static func path(of descriptor: Int32) -> String? {
        SocketAddress(of: descriptor)?.path.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of the socket of this place that a running program was given by an earlier daemon.
    package static func copy(from pid: Int32, boundTo place: Place) -> OwnedDescriptor? {
        let process = swisord_pidfd_open(pid)
        guard process >= 0 else { return nil }
        defer { close(process) }
        // It may have closed the one that it does not use.
        for number: Int32 in [0, 3] {
            let copy = swisord_pidfd_copy(process, number)
            guard copy >= 0 else { continue }
            let found = OwnedDescriptor(owning: copy)
            if isBound(copy, to: place) { return found }
        }
        return nil
    }
}

extension ServiceSocket {
    /// What the file of a socket is like.
    package struct Dress: Hashable, Sendable {
        package var mode: UInt32
        /// Nil leaves it to whoever we are.
        package var uid: UInt32?
        package var gid: UInt32?

        package init(mode: UInt32, uid: UInt32? = nil, gid: UInt32? = nil) {
            self.mode = mode
            self.uid = uid
            self.gid = gid
        }
    }
}
