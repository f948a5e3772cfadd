// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A connection to the daemon by the system's own calls, which wait.
///
/// A client does one thing at a time, so it needs no event loop and no thread: those would take
/// longer to make than `status` takes to answer.
final class ClientSocket {
    private static let patience = timeval(tv_sec: 5, tv_usec: 0)

    private let descriptor: Int32

    /// Connects; waits for a few seconds when the daemon's queue is full.
    convenience init(to address: ClientAddress) throws(ControlClientError) {
        switch address {
        case .path(let path): try self.init(path: path)
        case .network(let host, let port, _):
            self.init(owning: try Self.connect(to: host, port))
        }
    }

    private init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    private convenience init(path: String) throws(ControlClientError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room, !path.utf8.contains(0) else {
            throw .protocolError(
                "'\(path)' cannot be a socket: it is longer than \(room - 1) bytes"
            )
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let made = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Self.connect(AF_UNIX, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard made >= 0 else { throw ClientSocket.explain(errno, path) }
        self.init(owning: made)
    }

    /// Connects to the first of a host's addresses that takes it.
    private static func connect(
        to host: String,
        _ port: Int
    ) throws(ControlClientError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let refusal = getaddrinfo(host, String(port), &hints, &found)
        guard refusal == 0 else {
            throw .protocolError("\(host): \(String(cString: gai_strerror(refusal)))")
        }
        defer { freeaddrinfo(found) }
        var next = found
        while let entry = next?.pointee {
            let made = connect(entry.ai_family, entry.ai_addr, entry.ai_addrlen)
            if made >= 0 { return made }
            next = entry.ai_next
        }
        throw explain(errno, "\(host):\(port)")
    }

    /// A connected socket, or -1 with errno.
    private static func connect(
        _ family: Int32,
        _ address: UnsafePointer<sockaddr>,
        _ length: socklen_t
    ) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { return -1 }
        // The limit of sending is that of connecting, too.
        var patience = ClientSocket.patience
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        while Glibc.connect(descriptor, address, length) != 0 {
            let code = errno
            if code == EINTR { continue }
            close(descriptor)
            errno = code
            return -1
        }
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Whether the daemon has neither closed the connection nor sent what nobody asked for.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0
            && errno == EAGAIN
    }

    /// Sends all bytes; false when the daemon takes no more of them, though it may have answered.
    func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.send(
                descriptor,
                rest.baseAddress,
                rest.count,
                Int32(MSG_NOSIGNAL)
            )
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR, errno != EAGAIN {
                return false
            }
        }
        return true
    }

    /// Waits for bytes and puts them into `room`; 0 at the end of the connection.
    func receive(
        into room: UnsafeMutableRawBufferPointer,
        until deadline: ContinuousClock.Instant?
    ) throws(ControlClientError) -> Int {
        while true {
            if let deadline { try wait(until: deadline) }
            let count = recv(descriptor, room.baseAddress, room.count, 0)
            if count >= 0 { return count }
            if errno != EINTR, errno != EAGAIN { throw .connectionLost }
        }
    }

    private func wait(until deadline: ContinuousClock.Instant) throws(ControlClientError) {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .timedOut }
            // Rounded up, so that it does not wake just before the deadline again and again.
            let milliseconds = min(left / .milliseconds(1), 3_600_000).rounded(.up)
            if poll(&wanted, 1, Int32(milliseconds)) > 0 { return }
        }
    }

    private static func explain(_ code: Int32, _ path: String) -> ControlClientError {
        switch code {
        case ENOENT, ENOTDIR: .noSuchFile(path)
        case ECONNREFUSED: .refused(path)
        case EACCES, EPERM: .permissionDenied(path)
        case EAGAIN, EINPROGRESS: .timedOut
        default: .protocolError("\(path): \(String(cString: strerror(code)))")
        }
    }
}
