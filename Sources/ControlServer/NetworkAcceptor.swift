// SPDX-License-Identifier: Apache-2.0

import ControlAPI
private import Glibc
import NIOCore
import NIOPosix

/// The TCP port, on the control thread, where there is one.
///
/// Its clients have connections of their own number: whoever fills them leaves those of the Unix
/// socket alone.
final class NetworkAcceptor {
    private let gate: NetworkGate
    private let limits: ControlLimits
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
        self.limits = limits
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
        return ServerBootstrap(group: loop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let backoff = AcceptBackoffHandler { _ in
                        acceptor.value.reception.registry.closeOldestIdle()
                        return .milliseconds(100)
                    }
                    try channel.pipeline.syncOperations.addHandler(backoff)
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.value.welcome(channel) }
            }
            .withBoundSocket(made.descriptor)
            .map { channel in
                acceptor.value.listener = channel
                guard let listening else { return }
                let copy = fcntl(made.descriptor, F_DUPFD_CLOEXEC, 3)
                if copy >= 0 { listening(copy) }
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
        let acceptor = NIOLoopBound(self, eventLoop: loop)
        let deadline = loop.scheduleTask(in: TimeAmount(limits.stopDeadline)) {
            acceptor.value.reception.registry.closeAll()
        }
        reception.registry.finish {
            deadline.cancel()
            completion()
        }
    }
}
