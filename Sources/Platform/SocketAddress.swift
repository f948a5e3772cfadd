// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import SystemPackage

/// The name of a socket in the bytes that the kernel takes and gives (unix(7), ip(7), ipv6(7)).
struct SocketAddress: Hashable {
    /// The most bytes that the path of a socket can have.
    static let longestPath = 107

    private let bytes: [UInt8]

    /// Of a path that is not too long.
    init(path: String) {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) {
            $0.copyBytes(from: path.utf8.prefix(Self.longestPath))
        }
        bytes = withUnsafeBytes(of: name) { Array($0) }
    }

    /// Of an address and a port; nil for what is not numeric.
    init?(_ address: String, _ port: Int) {
        guard let number = UInt16(exactly: port) else { return nil }
        var four = sockaddr_in()
        if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = number.bigEndian
            bytes = withUnsafeBytes(of: four) { Array($0) }
            return
        }
        var six = sockaddr_in6()
        guard inet_pton(AF_INET6, address, &six.sin6_addr) == 1 else { return nil }
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = number.bigEndian
        bytes = withUnsafeBytes(of: six) { Array($0) }
    }

    /// What a socket is bound to; nil when it is bound to nothing, or is no socket.
    init?(of descriptor: Int32) {
        var room = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
        var length = socklen_t(room.count)
        let result = room.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                getsockname(descriptor, $0.baseAddress, &length)
            }
        }
        guard result == 0, length > 2 else { return nil }
        bytes = Array(room.prefix(Int(length)))
    }

    var family: Int32 { Int32(bytes[0]) | Int32(bytes[1]) << 8 }

    /// The bytes of the path; nil when the name is none.
    var path: [UInt8]? {
        family == AF_UNIX ? Array(bytes.dropFirst(2).prefix { $0 != 0 }) : nil
    }

    /// bind(2), with -1 and errno when it fails.
    func bind(_ descriptor: Int32) -> Int32 {
        with { Glibc.bind(descriptor, $0, $1) }
    }

    /// connect(2), with -1 and errno when it fails.
    func connect(_ descriptor: Int32) -> Int32 {
        with { Glibc.connect(descriptor, $0, $1) }
    }

    /// Calls with the name as the kernel takes it.
    private func with<Result>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result) -> Result {
        bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                body($0.baseAddress, socklen_t(bytes.count))
            }
        }
    }

    /// A socket of an address and a port, which does not listen yet.
    static func bound(_ address: String, _ port: Int) throws(SystemError) -> OwnedDescriptor {
        let subject = "\(address):\(port)"
        guard let name = SocketAddress(address, port) else {
            throw SystemError("bind", subject, errno: .invalidArgument)
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let made = OwnedDescriptor(
            owning: try retrying("socket", subject) { socket(name.family, kind, 0) }
        )
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = setsockopt(made.rawValue, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        _ = try retrying("bind", subject) { name.bind(made.rawValue) }
        return made
    }
}
