// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc

/// A connection to the control socket that shares no code with the daemon, as curl would be.
final class RawHTTP {
    struct Failure: Error, Equatable, CustomStringConvertible {
        let call: String
        let code: Int32
        var description: String { "\(call): \(String(cString: strerror(code)))" }
    }

    struct Answer {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        var text: String { String(decoding: body, as: UTF8.self) }

        func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONCoding.decode(type, from: body)
        }
    }

    private let descriptor: Int32
    private(set) var received: [UInt8] = []

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(call: "connect", code: errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Takes in what is there now; false once the daemon has closed the connection.
    func poll() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else {
                return count < 0 && (errno == EAGAIN || errno == EINTR)
            }
            received += buffer.prefix(count)
        }
    }

    /// Asks one thing and waits for the whole answer.
    static func ask(
        _ socket: String,
        _ method: String,
        _ target: String,
        body: String = "",
        within limit: Duration = .seconds(120)
    ) throws -> Answer {
        let connection = try RawHTTP(socket)
        connection.request(method, target, body: body)
        try eventually(
            "the answer to \(method) \(target)",
            within: limit,
            seeing: { String(decoding: connection.received, as: UTF8.self) },
            { !connection.poll() }
        )
        return connection.answer
    }

    func request(_ method: String, _ target: String, body: String = "") {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if !body.isEmpty { head += "Content-Length: \(body.utf8.count)\r\n" }
        send(head + "\r\n" + body)
    }

    /// What has come so far, as an answer; chunks are put together.
    var answer: Answer {
        var answer = Answer()
        guard let headEnd = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return answer }
        let head = String(decoding: received[..<headEnd.lowerBound], as: UTF8.self)
        let lines = head.split(separator: "\r\n")
        answer.status =
            lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { continue }
            answer.headers[halves[0].lowercased()] = String(halves[1].drop { $0 == " " })
        }
        let rest = received[headEnd.upperBound...]
        let isChunked = answer.headers["transfer-encoding"]?.lowercased() == "chunked"
        answer.body = isChunked ? RawHTTP.unchunked(rest) : Array(rest)
        return answer
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var body: [UInt8] = []
        var rest = bytes
        while let end = rest.firstRange(of: Array("\r\n".utf8)) {
            let word = String(decoding: rest[rest.startIndex..<end.lowerBound], as: UTF8.self)
            guard let size = Int(word, radix: 16), size > 0 else { break }
            body += rest[end.upperBound...].prefix(size)
            rest = rest[end.upperBound...].dropFirst(size + 2)
        }
        return body
    }
}

/// The events of a daemon, from the moment it was opened.
final class EventWatch {
    private let connection: RawHTTP
    private var scanned = 0
    private var counted = 0

    /// - Parameters:
    ///   - socket: The daemon's.
    ///   - query: What follows the address, with its question mark.
    ///   - header: A further line of the request.
    /// - Throws: When nobody answers.
    init(_ socket: String, _ query: String = "", header: String? = nil) throws {
        connection = try RawHTTP(socket)
        let more = header.map { $0 + "\r\n" } ?? ""
        connection.send("GET /v1/events\(query) HTTP/1.1\r\nHost: localhost\r\n\(more)\r\n")
        let connection = connection
        try eventually("the stream of events") {
            _ = connection.poll()
            return connection.answer.status == 200
        }
    }

    /// Takes in what has come; the daemon does not wait for one who never does.
    ///
    /// - Returns: false once the stream has been closed.
    @discardableResult
    func poll() -> Bool {
        connection.poll()
    }

    /// How many events have come so far, without reading them again.
    ///
    /// Nothing but the end of an event has two line feeds in a row, chunks and all.
    func count() -> Int {
        poll()
        let bytes = connection.received
        while scanned + 1 < bytes.count {
            if bytes[scanned] == 0x0A, bytes[scanned + 1] == 0x0A { counted += 1 }
            scanned += 1
        }
        return counted
    }

    /// All that has come so far, what was lost included.
    func events() -> [ServerSentEvent] {
        poll()
        var decoder = ServerSentEventDecoder()
        return decoder.feed(connection.answer.body)
    }

    /// All events that have come so far.
    func notes() throws -> [EventNote] {
        try events().compactMap { try EventNote($0) }
    }

    /// What was told of lost events, as JSON.
    func losses() -> [String] {
        events().filter { $0.event == "lost" }.map(\.data)
    }

    /// The states that a process has entered so far, in order.
    func states(of name: String) throws -> [String] {
        try notes().filter { $0.name == name }.compactMap(\.to)
    }
}
