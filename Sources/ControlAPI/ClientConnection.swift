// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix

/// One connection to the daemon, used from a thread that may wait.
struct ClientConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>

    /// Whether the daemon has not closed it, as far as is known.
    var isActive: Bool { channel.isActive }

    /// Connects; waits for a few seconds when the daemon's queue is full.
    static func open(
        path: String,
        on loop: any EventLoop
    ) throws(ControlClientError) -> ClientConnection {
        let descriptor = try ClientSocket.connect(path: path)
        do {
            return try adopt(descriptor, on: loop).wait()
        } catch {
            throw .connectionLost
        }
    }

    /// Sends a request; the answer comes by `next`.
    func send(_ http: HTTPCall) {
        channel.eventLoop.execute { handler.value.send(http) }
    }

    /// Waits for the next parts of the answer.
    func next() throws(ControlClientError) -> [ClientHandler.Part] {
        do {
            let loop = channel.eventLoop
            return try loop.flatSubmit { handler.value.next(on: loop) }.wait()
        } catch let error as ControlClientError {
            throw error
        } catch {
            throw .connectionLost
        }
    }

    /// Lets a wait end with `timedOut` after a while; cancel what this answers when it is over.
    func limit(to timeout: Duration) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { handler.value.fail(.timedOut) }
    }

    func close() {
        channel.close(promise: nil)
    }

    private static func adopt(
        _ descriptor: Int32,
        on loop: any EventLoop
    ) -> EventLoopFuture<ClientConnection> {
        loop.flatSubmit {
            let handler = NIOLoopBound(ClientHandler(), eventLoop: loop)
            return ClientBootstrap(group: loop)
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(handler.value)
                    }
                }
                .withConnectedSocket(descriptor)
                .map { ClientConnection(channel: $0, handler: handler) }
        }
    }
}
