// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOPosix

/// The TCP port, on the control thread, where there is one.
///
/// Its clients have connections of their own number: whoever fills them leaves those of the Unix
/// socket alone.
final class NetworkAcceptor {
    private let gate: NetworkGate
    private let loop: any EventLoop
    private let reception: Reception
    private var listener: (any Channel)?

    init(
        _ access: NetworkAccess,
        backend: any ControlBackend,
        limits: ControlLimits,
        log: @escaping @Sendable (String) -> Void,
        loop: any EventLoop
    ) {
        gate = NetworkGate(access, log: log)
        self.loop = loop
        reception = Reception(backend: backend, limits: limits, loop: loop)
    }

    /// Begins to accept; `listening` gets a copy of the socket.
    func open(
        adopting adopted: Int32?,
        listening: (@Sendable (Int32) -> Void)?
    ) -> EventLoopFuture<Void> {
        let (address, port) = (gate.access.address, gate.access.port)
        let made: NetworkSocket
        do {
            let kept = adopted.flatMap {
                NetworkSocket(adopting: $0, address: address, port: port)
            }
            made = try kept ?? NetworkSocket(address: address, port: port)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let acceptor = NIOLoopBound(self, eventLoop: loop)
        return reception.listener()
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.value.welcome(channel) }
            }
            .withBoundSocket(made.descriptor)
            .map { channel in
                acceptor.value.listener = channel
                Reception.offer(made.descriptor, to: listening)
            }
    }

    private func welcome(_ channel: any Channel) throws {
        let address = channel.remoteAddress?.ipAddress ?? "?"
        let peer = Peer.remote(user: gate.access.user?.name, address: address)
        try reception.serve(peer, on: channel, network: gate)
    }

    /// Ends everything, as `Acceptor` does.
    func stop(then completion: @escaping () -> Void) {
        listener?.close(promise: nil)
        listener = nil
        reception.finish(then: completion)
    }
}
