// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization

@testable import ControlServer

/// The bytes of a client, in one piece and cut where the input says: the answers are the same.
enum RequestFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        var choices = Choices(bytes)
        let positions = choices.byte() % 8
        var cuts: [Int] = []
        for _ in 0..<positions { cuts.append(choices.byte() << 8 | choices.byte()) }
        let text = Array(choices.rest)
        cuts = cuts.map { $0 % (text.count + 1) }.sorted()
        let whole = serve([text])
        let cut = serve(pieces(of: text, cutAt: cuts))
        try require(
            whole.requests == cut.requests,
            "cut at \(cuts): \(cut.requests) for \(whole.requests)"
        )
        try require(
            whole.answers == cut.answers,
            "cut at \(cuts): \(shown(cut.answers)) for \(shown(whole.answers))"
        )
    }

    private static func shown(_ answers: [UInt8]) -> String {
        String(decoding: answers, as: UTF8.self).debugDescription
    }

    /// What a connection carries out and answers.
    private static func serve(_ pieces: [[UInt8]]) -> (requests: [Request], answers: [UInt8]) {
        let backend = Backend()
        let limits = ControlLimits()
        let registry = ConnectionRegistry(limit: limits.connections)
        let gate = RequestGate(limits: limits)
        let connection = Connection(
            peer: Peer.local(pid: 1, uid: 0, gid: 0),
            backend: backend,
            limits: limits,
            gate: gate,
            registry: registry,
            refusal: nil
        )
        _ = registry.admit(connection)
        let channel = EmbeddedChannel()
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)
        try? channel.pipeline.syncOperations.addHandlers([
            gate, ByteToMessageHandler(decoder), HTTPResponseEncoder(), connection,
        ])
        _ = try? channel.connect(to: SocketAddress(unixDomainSocketPath: "/fuzz")).wait()
        var answers: [UInt8] = []
        for piece in pieces {
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            channel.embeddedEventLoop.run()
            while let part = try? channel.readOutbound(as: ByteBuffer.self) {
                answers += part.readableBytesView
            }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return (backend.requests, answers)
    }
}

/// A daemon that does at once whatever it is asked.
private final class Backend: ControlBackend {
    private let state = Mutex<[Request]>([])

    var requests: [Request] { state.withLock { $0 } }

    func submit(
        _ request: Request,
        key: RequestKey?,
        from peer: Peer,
        reply: @escaping @Sendable (Response) -> Void
    ) {
        state.withLock { $0.append(request) }
        switch request {
        case .programs: reply(.programs(ProgramList(programs: [])))
        case .plan, .apply, .reload: reply(.plan(ReloadPlan(added: ["web"])))
        case .daemon: reply(.failure(APIError(.failed, "no daemon")))
        default: reply(.command(CommandReport(results: [])))
        }
    }

    func open(
        _ request: StreamRequest,
        from peer: Peer,
        credit: StreamCredit,
        receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        receive(.opened)
        receive(.bytes(Array("line\n".utf8)))
        receive(.ended)
    }
}
