// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore

/// Lets the bytes of one request at a time through to the parser, in order.
///
/// What a client sends ahead waits here until the answer before it is out, within a limit, and
/// then in the socket. The gate checks heads itself; how long a body is, the connection tells it
/// once the parser has read the head, so there is only one opinion about that.
final class RequestGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// How the end of a body is found.
    enum Body {
        case length(Int)
        case chunked
    }

    private enum Phase {
        case head(HeadScanner)
        /// The head is with the parser, which has not said how it goes on.
        case framing
        case body(remaining: Int)
        case chunks
        /// A request is being answered.
        case held
        case shut
    }

    private let limits: ControlLimits
    private var phase: Phase
    private var waiting = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var isPumping = false
    /// The client sends no more, and what it has sent is not all through yet.
    private var endIsWaiting = false
    /// Called when the first byte of a request has come.
    var headBegun: (() -> Void)?

    init(limits: ControlLimits) {
        self.limits = limits
        phase = .head(HeadScanner(limits: limits))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        headBegun = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .shut = phase { return }
        var bytes = unwrapInboundIn(data)
        waiting.writeBuffer(&bytes)
        pump()
        if case .held = phase, waiting.readableBytes > limits.pipelinedBytes { setReading(false) }
    }

    /// The end of input stays behind the requests that came before it.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, waiting.readableBytes > 0 {
            endIsWaiting = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The parser has read the head.
    func expect(_ body: Body) {
        switch body {
        case .length(let count): phase = .body(remaining: count)
        case .chunked: phase = .chunks
        }
    }

    /// The parser has read the whole request: nothing goes through until `next`.
    func hold() {
        phase = .held
    }

    /// The answer is out: the next request may come.
    func next() {
        guard case .held = phase else { return }
        phase = .head(HeadScanner(limits: limits))
        setReading(true)
        pump()
    }

    /// Nothing more is let through; what comes is thrown away.
    func shut() {
        phase = .shut
        waiting.clear()
        setReading(true)
        if endIsWaiting { pump() }
    }

    private func pump() {
        guard !isPumping else { return }  // `next` within a call of ours: the loop goes on.
        isPumping = true
        defer { isPumping = false }
        do throws(Refusal) {
            while waiting.readableBytes > 0, try step() {}
        } catch {
            shut()
            context?.fireErrorCaught(error)
        }
        waiting.discardReadBytes()
        if endIsWaiting, waiting.readableBytes == 0 {
            endIsWaiting = false
            context?.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    /// Lets one piece through; false when nothing may go.
    private func step() throws(Refusal) -> Bool {
        switch phase {
        case .held, .shut: return false
        case .framing: throw .notHTTP
        case .head(var scanner):
            let hadBegun = scanner.hasBegun
            let (count, verdict) = scanner.scan(waiting.readableBytesView)
            if case .complete = verdict { phase = .framing } else { phase = .head(scanner) }
            if !hadBegun, scanner.hasBegun { headBegun?() }
            // The parser judges first, as it does where the bytes come one by one.
            release(count)
            switch (phase, verdict) {
            case (.framing, _): throw .notHTTP
            case (.head, .refused(let refusal)): throw refusal
            case (.head, _), (.body, _), (.chunks, _), (.held, _), (.shut, _): break
            }
        case .body(let remaining):
            guard remaining > 0 else { throw .notHTTP }
            let count = min(remaining, waiting.readableBytes)
            phase = .body(remaining: remaining - count)
            release(count)
        case .chunks:
            // A message ends with a line, so a piece that ends with a line never holds the
            // beginning of the next one.
            let view = waiting.readableBytesView
            let end = view.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? view.endIndex
            release(end - view.startIndex)
        }
        return true
    }

    private func release(_ count: Int) {
        guard let slice = waiting.readSlice(length: count) else { return }
        context?.fireChannelRead(wrapInboundOut(slice))
    }

    private func setReading(_ reading: Bool) {
        try? context?.channel.syncOptions?.setOption(.autoRead, value: reading)
    }
}
