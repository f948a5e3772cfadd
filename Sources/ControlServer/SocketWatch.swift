// SPDX-License-Identifier: Apache-2.0

private import Glibc
import NIOCore
import NIOPosix

/// Tells when something disappears from the directory of the socket (inotify).
enum SocketWatch {
    /// Begins to watch on the control thread; `changed` is called there.
    ///
    /// `adopted` is one that an earlier daemon made, of this directory, and `keep` gets a copy for a
    /// manager that follows. The last who closes such a descriptor waits many milliseconds for the
    /// kernel: a daemon that is killed, if nobody keeps a copy, and everybody for its death.
    ///
    /// - Returns: the channel to close when it is over, or nil where inotify is not to be had.
    static func start(
        directory: String,
        adopting adopted: Int32?,
        keep: (@Sendable (Int32) -> Void)?,
        on loop: any EventLoop,
        changed: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<(any Channel)?> {
        let descriptor = adopted ?? inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else { return loop.makeSucceededFuture(nil) }
        let mask = IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
        guard inotify_add_watch(descriptor, directory, UInt32(mask)) >= 0 else {
            _ = close(descriptor)
            return loop.makeSucceededFuture(nil)
        }
        Reception.offer(descriptor, to: keep)
        return NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(changed: changed))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .map { $0 }
            .flatMapErrorThrowing { _ in
                _ = close(descriptor)
                return nil
            }
    }

    /// What is read does not matter: the file is looked at in any case.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let changed: @Sendable () -> Void

        init(changed: @escaping @Sendable () -> Void) {
            self.changed = changed
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            changed()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
