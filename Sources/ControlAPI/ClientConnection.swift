// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1

/// One connection to the daemon: a socket, and SwiftNIO's HTTP between its bytes and the caller.
///
/// The channel is one without a transport, driven from here. Nothing is read from the socket
/// unless the caller waits for it, so a caller that is slow slows the daemon's stream down instead
/// of filling memory.
final class ClientConnection {
    enum Part {
        /// The last is where in a log the body begins, for a stream of one.
        case head(status: Int, keepsAlive: Bool, StreamEvent?)
        case body([UInt8])
        case end
    }

    /// As much as a socket holds for a reader at once, more or less.
    private static let portion = 64 * 1024

    private let socket: ClientSocket
    private let address: ClientAddress
    private let codec = EmbeddedChannel()
    private var buffer: ByteBuffer

    /// Connects to the daemon's socket.
    init(to address: ClientAddress) throws(ControlClientError) {
        self.address = address
        socket = try ClientSocket(to: address)
        buffer = codec.allocator.buffer(capacity: Self.portion)
        do {
            try codec.pipeline.syncOperations.addHTTPClientHandlers()
        } catch {
            throw .protocolError("\(error)")
        }
    }

    deinit {
        // The channel and its pipeline hold each other until it is closed.
        _ = try? codec.finish(acceptAlreadyClosed: true)
    }

    /// Whether another request may be sent, as far as is known.
    var isUsable: Bool { socket.isQuiet }

    /// Sends a request; the answer comes by `next`.
    ///
    /// - Parameters:
    ///   - http: The request.
    ///   - key: Its mark, by which a second sending is known as one.
    /// - Throws: `ControlClientError.protocolError` when it cannot be written as HTTP.
    func send(_ http: HTTPCall, key: RequestKey? = nil) throws(ControlClientError) {
        var headers: HTTPHeaders = ["host": address.host, "accept": "*/*"]
        if let text = address.authorization { headers.add(name: "authorization", value: text) }
        if let key { headers.add(name: RequestKey.header, value: key.text) }
        if http.method == Route.Method.post.rawValue {
            headers.add(name: "content-length", value: String(http.body.count))
        }
        if !http.body.isEmpty { headers.add(name: "content-type", value: http.contentType) }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: http.method),
            uri: http.target,
            headers: headers
        )
        codec.write(HTTPClientRequestPart.head(head), promise: nil)
        if !http.body.isEmpty {
            let body = codec.allocator.buffer(bytes: http.body)
            codec.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil)
        }
        codec.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        do {
            try codec.throwIfErrorCaught()
            while let bytes = try codec.readOutbound(as: ByteBuffer.self) {
                // A daemon that refuses may close early; its answer tells more than this would.
                guard bytes.withUnsafeReadableBytes(socket.send) else { return }
            }
        } catch {
            throw .protocolError("\(error)")
        }
    }

    /// Waits for the next parts of the answer.
    func next(
        until deadline: ContinuousClock.Instant? = nil
    ) throws(ControlClientError) -> [Part] {
        var parts: [Part] = []
        while parts.isEmpty {
            let isOpen = try receive(until: deadline)
            do {
                if isOpen {
                    try codec.writeInbound(buffer)
                } else {
                    _ = try codec.finish(acceptAlreadyClosed: true)
                }
                while let part = try codec.readInbound(as: HTTPClientResponsePart.self) {
                    parts.append(Part(part))
                }
            } catch HTTPParserError.invalidEOFState {
                throw .connectionLost
            } catch {
                throw .protocolError("\(error)")
            }
            guard isOpen || !parts.isEmpty else { throw .connectionLost }
        }
        return parts
    }

    /// Fills the buffer; false at the end of the connection.
    private func receive(
        until deadline: ContinuousClock.Instant?
    ) throws(ControlClientError) -> Bool {
        buffer.clear(minimumCapacity: Self.portion)
        var failure: ControlClientError?
        let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.portion) { room in
            do throws(ControlClientError) {
                return try socket.receive(into: room, until: deadline)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count > 0
    }
}

extension ClientConnection.Part {
    fileprivate init(_ part: HTTPClientResponsePart) {
        self =
            switch part {
            case .head(let head):
                .head(
                    status: Int(head.status.code),
                    keepsAlive: head.isKeepAlive,
                    head.headers.first(name: LogPosition.header).map {
                        .position($0, isWhole: !head.headers.contains(name: LogPosition.gapHeader))
                    }
                )
            case .body(let bytes): .body(Array(bytes.readableBytesView))
            case .end: .end
            }
    }
}
