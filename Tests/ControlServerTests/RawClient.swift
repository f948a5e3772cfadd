// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A client that sends and receives bytes as they are, on a blocking Unix socket.
final class RawClient {
    struct Failure: Error {
        let what: String
        let code: Int32
    }

    private let descriptor: Int32

    /// Connects; receiving gives up after `timeout` seconds.
    init(path: String, timeout: Int = 60) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket", code: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect", code: errno) }
        giveUp(after: timeout)
    }

    /// Connects to a port of this machine.
    init(port: Int, timeout: Int = 20) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect", code: errno) }
        giveUp(after: timeout)
    }

    /// A port of this machine that nobody listens on.
    static func freePort() throws -> Int {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, length) == 0 ? getsockname(probe, $0, &length) : -1
            }
        }
        guard result == 0 else { throw Failure(what: "bind", code: errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private func giveUp(after timeout: Int) {
        var time = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &time,
            socklen_t(MemoryLayout<timeval>.size)
        )
    }

    deinit {
        close(descriptor)
    }

    /// Sends everything; false when the other side has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Says that nothing more will be sent.
    func endInput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Whether something has come, or the end, after so many milliseconds at most.
    func hasAnswer(within milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, milliseconds) > 0
    }

    /// Some bytes; empty at the end, nil when nothing came in time or the connection broke.
    func receive(atMost limit: Int = 65536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, limit, 0)
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    /// Everything up to the end of the connection.
    func receiveAll() -> String {
        var all: [UInt8] = []
        while let bytes = receive(), !bytes.isEmpty { all += bytes }
        return String(decoding: all, as: UTF8.self)
    }

    /// Everything up to the last chunk of a stream, or the end of the connection.
    func receiveStream() -> String {
        var all: [UInt8] = []
        while let bytes = receive(), !bytes.isEmpty {
            all += bytes
            if all.suffix(5).elementsEqual("0\r\n\r\n".utf8) { break }
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// Everything until `text` has come, or the connection has ended.
    func receive(until text: String) -> String {
        var all: [UInt8] = []
        let wanted = Array(text.utf8)
        while let bytes = receive(), !bytes.isEmpty {
            all += bytes
            if all.count >= wanted.count, String(decoding: all, as: UTF8.self).contains(text) {
                break
            }
        }
        return String(decoding: all, as: UTF8.self)
    }
}

/// This process, as its peers see it.
enum ProcessIdentity {
    static var pid: Int32 { getpid() }
    static var uid: UInt32 { getuid() }
}
