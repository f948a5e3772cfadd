// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix

/// The client's end of one connection: parts of answers wait here until the caller takes them.
///
/// Nothing is read from the socket unless the caller waits for it, so a caller that is slow slows
/// the daemon's stream down instead of filling memory.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    enum Part: Sendable {
        case head(status: Int, keepsAlive: Bool)
        case body([UInt8])
        case end
    }

    private var context: ChannelHandlerContext?
    private var parts: [Part] = []
    private var waiter: EventLoopPromise<[Part]>?
    private var failure: ControlClientError?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// Sends a request.
    func send(_ http: HTTPCall) {
        guard let context else { return }
        var headers: HTTPHeaders = ["host": "swisord", "accept": "*/*"]
        if http.method == Route.Method.post.rawValue {
            headers.add(name: "content-length", value: String(http.body.count))
        }
        if !http.body.isEmpty { headers.add(name: "content-type", value: "application/json") }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: http.method),
            uri: http.target,
            headers: headers
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !http.body.isEmpty {
            let body = context.channel.allocator.buffer(bytes: http.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Everything that has come, as soon as there is something.
    func next(on loop: any EventLoop) -> EventLoopFuture<[Part]> {
        let promise = loop.makePromise(of: [Part].self)
        waiter = promise
        deliver()
        if waiter != nil { context?.read() }
        return promise.futureResult
    }

    /// Ends the wait and the connection with an error.
    func fail(_ error: ControlClientError) {
        if failure == nil { failure = error }
        deliver()
        context?.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            parts.append(.head(status: Int(head.status.code), keepsAlive: head.isKeepAlive))
        case .body(let buffer): parts.append(.body(Array(buffer.readableBytesView)))
        case .end: parts.append(.end)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliver()
        if waiter != nil { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.connectionLost)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is IOError, is ChannelError: fail(.connectionLost)
        case HTTPParserError.invalidEOFState: fail(.connectionLost)
        default: fail(.protocolError("\(error)"))
        }
    }

    private func deliver() {
        guard let waiter else { return }
        if !parts.isEmpty {
            self.waiter = nil
            let taken = parts
            parts = []
            waiter.succeed(taken)
        } else if let failure {
            self.waiter = nil
            waiter.fail(failure)
        }
    }
}
