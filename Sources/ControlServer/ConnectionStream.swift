// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOHTTP1

/// Streams: what the source delivers is sent as the client takes it, and never gathers.
///
/// Once bytes had to be dropped, everything is, until the client has read most of what waits:
/// so there is one gap with one marker instead of a stutter.
extension Connection {
    func open(_ request: StreamRequest, _ exchange: Exchange) {
        guard let loop = context?.eventLoop else { return }
        var exchange = exchange
        // The end of a stream without chunks is the end of the connection.
        if exchange.version == .http1_0 { exchange.keepsAlive = false }
        let credit = StreamCredit(bytes: limits.streamBytes)
        phase = .streaming(exchange, StreamState(credit: credit, isEvents: request.isOfEvents))
        disarm()
        let connection = NIOLoopBound(self, eventLoop: loop)
        let serial = exchange.serial
        backend.open(request, from: peer, credit: credit) { event in
            loop.execute { connection.value.deliver(event, serial) }
        }
    }

    /// A stream of events goes on behind the last one that the client has: browsers that were cut
    /// off tell it by a header, and ask for the address that they began with.
    func resumed(_ request: StreamRequest, _ head: HTTPRequestHead) -> StreamRequest {
        guard case .events(var selection) = request,
            let last = head.headers["last-event-id"].first.flatMap({ EventNote.serial($0) })
        else { return request }
        selection.after = last
        return .events(selection)
    }

    private func deliver(_ event: StreamEvent, _ serial: UInt64) {
        guard case .streaming(let exchange, let stream) = phase, exchange.serial == serial else {
            return
        }
        switch event {
        case .position(let text, let isWhole):
            stream.position = text
            stream.hasGap = !isWhole
        case .opened, .resumed: sendHead(exchange, stream)
        case .bytes(let bytes):
            sendHead(exchange, stream)
            send(bytes, stream)
        case .lost(let count):
            sendHead(exchange, stream)
            stream.lost += count
            if context?.channel.isWritable == true { sendMarker(stream) }
        case .failed(let error):
            stream.credit.cancel()
            guard stream.isOpen else { return answer(HTTPAnswer(error), in: exchange) }
            // The status is out already: an end without the last chunk is the only way to say it.
            return close()
        case .ended:
            sendHead(exchange, stream)
            sendMarker(stream)
            endStream(exchange)
        }
    }

    /// The client has read: tells it what it missed.
    func streamMayContinue() {
        guard case .streaming(_, let stream) = phase,
            context?.channel.isWritable == true
        else { return }
        sendMarker(stream)
    }

    /// Ends a stream properly from this side.
    func endStream(_ exchange: Exchange) {
        phase = .writing(exchange)
        arm(limits.answerDeadline)
        end()
    }

    private func sendHead(_ exchange: Exchange, _ stream: StreamState) {
        guard !stream.isOpen, let context else { return }
        stream.isOpen = true
        let type = stream.isEvents ? "text/event-stream" : "text/plain; charset=utf-8"
        var headers: HTTPHeaders = ["content-type": type, "x-content-type-options": "nosniff"]
        if let position = stream.position { headers.add(name: LogPosition.header, value: position) }
        if stream.hasGap { headers.add(name: LogPosition.gapHeader, value: "true") }
        if exchange.version == .http1_1 { headers.add(name: "transfer-encoding", value: "chunked") }
        let head = responseHead(200, headers, exchange)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func send(_ bytes: [UInt8], _ stream: StreamState) {
        guard let context, !bytes.isEmpty else { return }
        let isFull = stream.buffered + bytes.count > limits.streamBytes
        if isFull || (stream.lost > 0 && !context.channel.isWritable) {
            stream.lost += bytes.count
            stream.credit.giveBack(bytes.count)
            return
        }
        sendMarker(stream)
        stream.buffered += bytes.count
        write(bytes) {
            stream.buffered -= bytes.count
            stream.credit.giveBack(bytes.count)
        }
    }

    private func sendMarker(_ stream: StreamState) {
        guard stream.lost > 0 else { return }
        let marker = stream.marker(lost: stream.lost)
        stream.lost = 0
        write(marker) {}
    }

    private func write(_ bytes: [UInt8], then left: @escaping () -> Void) {
        guard let context else { return }
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        let promise = context.eventLoop.makePromise(of: Void.self)
        let left = NIOLoopBound(left, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in left.value() }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: promise)
    }
}

extension StreamRequest {
    fileprivate var isOfEvents: Bool {
        if case .events = self { true } else { false }
    }
}
