// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOHTTP1

/// One client's connection: takes requests one after the other and answers them.
///
///     phase       what is awaited                     deadline
///     idle        the first byte of a request         idleDeadline, then closed
///     head        the end of the headers              headDeadline, then 408
///     body        the end of the body                 bodyDeadline, then 408
///     waiting     the daemon's answer                 none: a start may take minutes
///     streaming   more of the stream, or its end      none: a log may be quiet for days
///     writing     the client, to take the answer      answerDeadline, then closed
///     lingering   the client, to see the last answer  lingerDeadline, then closed
///
/// Everything here happens on the control thread. Answers come from elsewhere and are brought
/// over first; one that comes after its client has gone finds another phase and is dropped.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    enum Phase {
        case idle(since: NIODeadline)
        case head
        case body(HTTPRequestHead, [UInt8])
        case waiting(Exchange, Awaited)
        case streaming(Exchange, StreamState)
        case writing(Exchange)
        case lingering
        case closed
    }

    let peer: Peer
    let backend: any ControlBackend
    let limits: ControlLimits
    private let gate: RequestGate
    private let registry: ConnectionRegistry
    private let refusal: Refusal?
    /// Looks at what comes by TCP; nil for the Unix socket.
    private let network: NetworkGate?
    var phase: Phase = .idle(since: .now())
    var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var serial: UInt64 = 0
    private var isFinishing = false

    /// A connection that serves `peer`, or tells it `refusal` and nothing else.
    init(
        peer: Peer,
        backend: any ControlBackend,
        limits: ControlLimits,
        gate: RequestGate,
        registry: ConnectionRegistry,
        refusal: Refusal?,
        network: NetworkGate? = nil
    ) {
        self.network = network
        self.peer = peer
        self.backend = backend
        self.limits = limits
        self.gate = gate
        self.registry = registry
        self.refusal = refusal
    }

    /// When it became idle, or nil while there is something to do.
    var idleSince: NIODeadline? {
        if case .idle(let since) = phase { since } else { nil }
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gate.headBegun = { [weak self] in self?.headBegun() }
    }

    func channelActive(context: ChannelHandlerContext) {
        if let refusal {
            refuse(refusal)
        } else {
            becomeIdle()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .streaming(_, let stream) = phase { stream.credit.cancel() }
        phase = .closed
        deadline?.cancel()
        registry.remove(self)
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return }
        // No more requests, but what was asked is still answered.
        switch phase {
        case .idle, .head, .body, .lingering, .closed: close()
        case .waiting(var exchange, let awaited):
            exchange.keepsAlive = false
            phase = .waiting(exchange, awaited)
        case .streaming(var exchange, let stream):
            exchange.keepsAlive = false
            phase = .streaming(exchange, stream)
        case .writing(var exchange):
            exchange.keepsAlive = false
            phase = .writing(exchange)
        }
    }

    /// Closes at once.
    func close() {
        context?.close(promise: nil)
    }

    /// Closes when the answer that is pending has gone out.
    func finish() {
        isFinishing = true
        switch phase {
        case .idle: close()
        case .streaming(let exchange, let stream) where stream.isOpen:
            stream.credit.cancel()
            endStream(exchange)
        case .head, .body, .waiting, .streaming, .writing, .lingering, .closed: break
        }
    }

    // MARK: Requests

    private func headBegun() {
        guard case .idle = phase else { return }
        phase = .head
        arm(limits.headDeadline)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let head), .head): receive(head)
        case (.body(let buffer), .body(let head, var bytes)):
            guard bytes.count + buffer.readableBytes <= limits.bodyBytes else {
                return refuse(.bodyTooLarge(limits))
            }
            phase = .idle(since: .now())  // Lets go of the array, so that it grows in place.
            bytes += buffer.readableBytesView
            phase = .body(head, bytes)
        case (.end, .body(let head, let bytes)):
            gate.hold()
            deadline?.cancel()
            handle(head, bytes)
        default: break  // What comes behind a refusal.
        }
    }

    private func receive(_ head: HTTPRequestHead) {
        if let network, case .remote(_, let address) = peer,
            let objection = network.objection(to: head, from: address)
        {
            return refuse(objection)
        }
        let lengths = head.headers["content-length"]
        let encodings = head.headers["transfer-encoding"]
        guard lengths.count <= 1, encodings.count <= 1, lengths.isEmpty || encodings.isEmpty,
            encodings.first.map({ $0.lowercased() == "chunked" }) ?? true,
            encodings.isEmpty || head.version == .http1_1
        else {
            return refuse(
                Refusal(.badRequest, "The length of the body is given twice, or in a strange way.")
            )
        }
        if let text = lengths.first {
            guard let length = Int(text), length >= 0 else { return refuse(.notHTTP) }
            guard length <= limits.bodyBytes else { return refuse(.bodyTooLarge(limits)) }
            gate.expect(.length(length))
        } else {
            if Supervisord.needsLength(head) { return refuse(.lengthMissing) }
            gate.expect(encodings.isEmpty ? .length(0) : .chunked)
        }
        phase = .body(head, [])
        arm(limits.bodyDeadline)
        if head.version == .http1_1,
            head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" })
        {
            let go = HTTPResponseHead(version: .http1_1, status: .continue)
            context?.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
    }

    private func handle(_ head: HTTPRequestHead, _ body: [UInt8]) {
        serial += 1
        var exchange = Exchange(serial: serial, head: head)
        if isFinishing { exchange.keepsAlive = false }
        if let address = SupervisordAddress(target: head.uri) {
            return serve(address, head, body, exchange)
        }
        do throws(APIError) {
            let http = HTTPCall(method: head.method.rawValue, target: head.uri, body: body)
            let call = try Routes.parse(http)
            let key = try key(of: head)
            switch call {
            case .request(let request): submit(request, key, .json(call), exchange)
            case .program(let name):
                submit(.programs(Selection([name])), nil, .json(call), exchange)
            case .stream(let request): open(resumed(request, head), exchange)
            }
        } catch {
            var headers: HTTPHeaders = [:]
            if error.code == .methodNotAllowed {
                let allowed = Routes.allowedMethods(at: head.uri).joined(separator: ", ")
                headers.add(name: "allow", value: allowed)
            }
            answer(HTTPAnswer(error), in: exchange, with: headers)
        }
    }

    /// The key of a request that changes something; one that only asks needs none.
    private func key(of head: HTTPRequestHead) throws(APIError) -> RequestKey? {
        let texts = head.headers[RequestKey.header]
        guard let text = texts.first else { return nil }
        guard texts.count == 1, let key = RequestKey(text) else {
            throw APIError(
                .badRequest,
                "The header Idempotency-Key is not one of 32 hexadecimal digits.",
                hint: "Send 32 random hexadecimal digits, or no such header."
            )
        }
        return head.method == .POST ? key : nil
    }

    /// Asks the daemon, and waits for its answer however long that takes.
    func submit(
        _ request: Request,
        _ key: RequestKey?,
        _ awaited: Awaited,
        _ exchange: Exchange
    ) {
        guard let loop = context?.eventLoop else { return }
        phase = .waiting(exchange, awaited)
        let connection = NIOLoopBound(self, eventLoop: loop)
        let serial = exchange.serial
        backend.submit(request, key: key, from: peer) { response in
            loop.execute { connection.value.settled(response, serial) }
        }
    }

    private func settled(_ response: Response, _ serial: UInt64) {
        guard case .waiting(let exchange, let awaited) = phase, exchange.serial == serial else {
            return
        }
        switch awaited {
        case .json(let call): answer(HTTPAnswer(response, to: call), in: exchange)
        case .xmlrpc(let then): proceed(then(response), exchange)
        }
    }

    // MARK: Answers

    /// Writes an answer, and then waits for the next request or closes.
    func answer(_ answer: HTTPAnswer, in exchange: Exchange, with more: HTTPHeaders = [:]) {
        guard let context else { return }
        var exchange = exchange
        if isFinishing { exchange.keepsAlive = false }
        phase = .writing(exchange)
        arm(limits.answerDeadline)
        var headers = more
        headers.add(name: "content-type", value: answer.type)
        headers.add(name: "content-length", value: String(answer.body.count))
        context.write(
            wrapOutboundOut(.head(responseHead(answer.status, headers, exchange))),
            promise: nil
        )
        if !exchange.isHead {
            let body = context.channel.allocator.buffer(bytes: answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        end()
    }

    func responseHead(
        _ status: Int,
        _ headers: HTTPHeaders,
        _ exchange: Exchange
    ) -> HTTPResponseHead {
        var headers = headers
        headers.add(name: "cache-control", value: "no-store")
        if !exchange.keepsAlive {
            headers.add(name: "connection", value: "close")
        } else if exchange.version == .http1_0 {
            headers.add(name: "connection", value: "keep-alive")
        }
        return HTTPResponseHead(
            version: exchange.version == .http1_0 ? .http1_0 : .http1_1,
            status: HTTPResponseStatus(statusCode: status),
            headers: headers
        )
    }

    /// Ends the message that is being written.
    func end() {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { result in
            switch result {
            case .success: connection.value.written()
            case .failure: connection.value.close()
            }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    private func written() {
        guard case .writing(let exchange) = phase else { return }
        if exchange.keepsAlive, !isFinishing {
            becomeIdle()
            gate.next()
        } else {
            linger()
        }
    }

    /// Answers with an error and ends the connection, whatever has been sent of the request.
    func refuse(_ refusal: Refusal) {
        switch phase {
        case .idle, .head, .body:
            gate.shut()
            serial += 1
            answer(
                refusal.answer,
                in: Exchange(serial: serial),
                with: HTTPHeaders(refusal.headers)
            )
        case .waiting, .streaming, .writing, .lingering, .closed: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let refusal as Refusal: refuse(refusal)
        case is HTTPParserError: refuse(.notHTTP)
        default: close()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        streamMayContinue()
    }

    // MARK: Deadlines

    private func becomeIdle() {
        phase = .idle(since: .now())
        arm(limits.idleDeadline)
    }

    /// Lets the client read the last answer: closing with bytes unread would take it away.
    private func linger() {
        phase = .lingering
        gate.shut()
        arm(limits.lingerDeadline)
        context?.close(mode: .output, promise: nil)
    }

    func arm(_ duration: Duration) {
        deadline?.cancel()
        guard let loop = context?.eventLoop else { return }
        let connection = NIOLoopBound(self, eventLoop: loop)
        deadline = loop.scheduleTask(in: TimeAmount(duration)) { connection.value.expired() }
    }

    func disarm() {
        deadline?.cancel()
    }

    private func expired() {
        switch phase {
        case .head: refuse(.late("the headers", limits.headDeadline))
        case .body: refuse(.late("the body", limits.bodyDeadline))
        case .idle, .writing, .lingering: close()
        case .waiting, .streaming, .closed: break
        }
    }
}

extension Refusal {
    fileprivate static func bodyTooLarge(_ limits: ControlLimits) -> Refusal {
        Refusal(.tooLarge, "The body is longer than \(limits.bodyBytes) bytes.")
    }

    fileprivate static func late(_ part: String, _ limit: Duration) -> Refusal {
        Refusal(.timedOut, "The end of \(part) did not come within \(limit).")
    }
}
