// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A TCP socket that listens.
struct NetworkSocket: Sendable {
    private static let backlog: Int32 = 128

    /// Open and listening; whoever takes it over closes it.
    let descriptor: Int32

    /// Takes over a socket that an earlier daemon has made for this place.
    ///
    /// Nil, and closed, when it does not listen, or somewhere else.
    init?(adopting descriptor: Int32, address: String, port: Int) {
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0,
            isListening == 1, let wanted = Self.place(address, port),
            Self.name(of: descriptor) == wanted.bytes
        else {
            _ = close(descriptor)
            return nil
        }
        _ = fcntl(descriptor, F_SETFD, fcntl(descriptor, F_GETFD) | FD_CLOEXEC)
        self.descriptor = descriptor
    }

    init(address: String, port: Int) throws(ControlServerError) {
        let path = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        func failed(_ operation: String) -> ControlServerError {
            .system(operation: operation, path: path, reason: String(cString: strerror(errno)))
        }
        guard let place = Self.place(address, port) else {
            throw .system(operation: "bind", path: path, reason: "it is no address")
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(place.family, kind, 0)
        guard descriptor >= 0 else { throw failed("socket") }
        // A port that a daemon before this one has just left is free at once.
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        let isBound = place.bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) == 0
            }
        }
        guard isBound, listen(descriptor, Self.backlog) == 0 else {
            let error = failed(isBound ? "listen" : "bind")
            _ = close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// The place as the kernel writes it (ip(7), ipv6(7)); nil for what is no numeric address.
    private static func place(_ address: String, _ port: Int) -> (family: Int32, bytes: [UInt8])? {
        guard let number = UInt16(exactly: port) else { return nil }
        var digits = [UInt8](repeating: 0, count: 16)
        let (family, size): (Int32, Int)
        if inet_pton(AF_INET, address, &digits) == 1 {
            (family, size) = (AF_INET, 4)
        } else if inet_pton(AF_INET6, address, &digits) == 1 {
            (family, size) = (AF_INET6, 16)
        } else {
            return nil
        }
        var bytes = withUnsafeBytes(of: sa_family_t(family)) { Array($0) }
        bytes += withUnsafeBytes(of: number.bigEndian) { Array($0) }
        // Before an address of IPv6 stands its flow, behind it its scope; nothing is in both.
        if family == AF_INET6 { bytes += [0, 0, 0, 0] }
        bytes += digits.prefix(size)
        bytes += [UInt8](repeating: 0, count: family == AF_INET6 ? 4 : 8)
        return (family, bytes)
    }

    private static func name(of descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 128)
        var length = socklen_t(bytes.count)
        let result = bytes.withUnsafeMutableBytes { room in
            room.withMemoryRebound(to: sockaddr.self) {
                getsockname(descriptor, $0.baseAddress, &length)
            }
        }
        return result == 0 ? Array(bytes.prefix(Int(length))) : nil
    }
}
