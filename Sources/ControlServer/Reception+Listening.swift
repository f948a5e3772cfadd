// SPDX-License-Identifier: Apache-2.0

private import Glibc
import NIOCore
import NIOPosix

/// What both listeners have in common, that of the Unix socket and that of the port.
extension Reception {
    /// A listener without its socket: its clients may end their half of a connection first.
    func listener() -> ServerBootstrap {
        let reception = NIOLoopBound(self, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Without it, a lack of descriptors would be tried again all the time.
                    let backoff = AcceptBackoffHandler { _ in
                        reception.value.registry.closeOldestIdle()
                        return .milliseconds(100)
                    }
                    try channel.pipeline.syncOperations.addHandler(backoff)
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
    }

    /// Gives `listening` a copy of a socket, for a manager that follows.
    static func offer(_ descriptor: Int32, to listening: (@Sendable (Int32) -> Void)?) {
        guard let listening else { return }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        if copy >= 0 { listening(copy) }
    }

    /// Ends all connections, those with a pending answer after a short while.
    func finish(then completion: @escaping () -> Void) {
        let reception = NIOLoopBound(self, eventLoop: loop)
        let deadline = loop.scheduleTask(in: TimeAmount(limits.stopDeadline)) {
            reception.value.registry.closeAll()
        }
        registry.finish {
            deadline.cancel()
            completion()
        }
    }
}
