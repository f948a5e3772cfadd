// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOHTTP1

/// Lets clients in as long as there is room, and tells the others why not.
final class Reception {
    let registry: ConnectionRegistry
    private let backend: any ControlBackend
    let limits: ControlLimits
    let loop: any EventLoop
    private var refusedCount = 0

    init(backend: any ControlBackend, limits: ControlLimits, loop: any EventLoop) {
        self.backend = backend
        self.limits = limits
        self.loop = loop
        registry = ConnectionRegistry(limit: limits.connections)
    }

    /// Serves a client, or tells him `refusal` and nothing else.
    func serve(
        _ peer: Peer,
        on channel: any Channel,
        refusal: Refusal? = nil,
        network: NetworkGate? = nil
    ) throws {
        let gate = RequestGate(limits: limits)
        var refusal = refusal
        func connection(_ refusal: Refusal?) -> Connection {
            Connection(
                peer: peer,
                backend: backend,
                limits: limits,
                gate: gate,
                registry: registry,
                refusal: refusal,
                network: network
            )
        }
        var handler = connection(refusal)
        if refusal == nil, !registry.admit(handler) {
            refusal = Refusal(
                .overloaded,
                "All \(limits.connections) connections are busy.",
                hint: "Try again in a moment."
            )
            handler = connection(refusal)
        }
        if refusal != nil {
            guard refusedCount < limits.connections else { throw ChannelError.ioOnClosedChannel }
            refusedCount += 1
            let reception = NIOLoopBound(self, eventLoop: loop)
            channel.closeFuture.whenComplete { _ in reception.value.refusedCount -= 1 }
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers([
            gate, ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
            HTTPResponseEncoder(), handler,
        ])
    }
}
