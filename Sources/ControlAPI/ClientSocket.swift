// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// Connects to a Unix socket with the system's own calls.
///
/// A blocking `connect` waits in the daemon's queue when that is full, and it takes paths of up to
/// 107 bytes; SwiftNIO's does neither.
enum ClientSocket {
    private static let patience = timeval(tv_sec: 5, tv_usec: 0)

    /// A connected descriptor, which the caller owns.
    static func connect(path: String) throws(ControlClientError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room, !path.utf8.contains(0) else {
            throw .protocolError(
                "'\(path)' cannot be a socket: it is longer than \(room - 1) bytes"
            )
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { throw explain(errno, path) }
        // The limit of sending is that of connecting, too.
        var patience = patience
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_SNDTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
        while true {
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return descriptor }
            let code = errno
            if code == EINTR { continue }
            _ = close(descriptor)
            throw explain(code, path)
        }
    }

    private static func explain(_ code: Int32, _ path: String) -> ControlClientError {
        switch code {
        case ENOENT, ENOTDIR: .noSuchFile(path)
        case ECONNREFUSED: .refused(path)
        case EACCES, EPERM: .permissionDenied(path)
        case EAGAIN: .timedOut
        default: .protocolError("\(path): \(String(cString: strerror(code)))")
        }
    }
}
