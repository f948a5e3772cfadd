// SPDX-License-Identifier: Apache-2.0

package import ControlAPI
private import Glibc
import NIOCore
import NIOPosix

/// The daemon's control channel: HTTP over a Unix socket, on a thread of its own.
///
/// Requests go to the backend and answers come back as values, so that no client, however slow
/// or hostile, holds up anything but this thread.
package final class ControlServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let acceptor: NIOLoopBound<Acceptor>
    private let network: NIOLoopBoundBox<NetworkAcceptor?>
    private let loop: any EventLoop

    private init(group: MultiThreadedEventLoopGroup, acceptor: NIOLoopBound<Acceptor>) {
        self.group = group
        self.acceptor = acceptor
        let loop = group.next()
        self.loop = loop
        network = .makeEmptyBox(valueType: NetworkAcceptor.self, eventLoop: loop)
    }

    deinit {
        // Not in `stop`: an answer of the daemon that comes late still needs the loop.
        group.shutdownGracefully { _ in }
    }

    /// Whether somebody serves at `path` already; a file that a dead daemon left is nobody.
    package static func isServed(_ path: String) -> Bool {
        ListeningSocket.isAnswered(path)
    }

    /// Makes the socket and begins to serve; it answers when this returns.
    ///
    /// - Parameters:
    ///   - descriptor: A listening socket that an earlier daemon left with whoever keeps it, which
    ///     passes to the server. It is taken over with the clients that wait in it, or closed and
    ///     made anew where it is not the one at `path` any more.
    ///   - watch: What that daemon watched the directory of the socket with; passes as well.
    ///   - path: Where the socket is.
    ///   - access: Who may use it.
    ///   - backend: The daemon.
    ///   - limits: What clients may cost.
    ///   - listening: Gets a descriptor of the listening socket, now and whenever it had to be
    ///     made anew; whoever gets it closes it. While one is open, clients that connect wait
    ///     instead of being refused, also when the daemon is gone. On the control thread.
    ///   - watching: Gets a descriptor of what the directory is watched with, in the same way.
    ///   - log: Gets a line whenever something is worth one, on the control thread.
    /// - Returns: The server, which serves until it is stopped.
    /// - Throws: `ControlServerError` when there can be no socket at `path`.
    package static func start(
        adopting descriptor: Int32? = nil,
        watch: Int32? = nil,
        path: String,
        access: SocketAccess = SocketAccess(),
        backend: any ControlBackend,
        limits: ControlLimits = ControlLimits(),
        listening: (@Sendable (Int32) -> Void)? = nil,
        watching: (@Sendable (Int32) -> Void)? = nil,
        log: @escaping @Sendable (String) -> Void
    ) throws(ControlServerError) -> ControlServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let acceptor = try loop.submit {
                prepareThread()
                let acceptor = Acceptor(
                    path: path,
                    access: access,
                    backend: backend,
                    limits: limits,
                    log: log,
                    listening: listening,
                    loop: loop
                )
                return NIOLoopBound(acceptor, eventLoop: loop)
            }.wait()
            try loop.flatSubmit {
                acceptor.value.open(adopting: descriptor, watch: watch, watching: watching)
            }.wait()
            return ControlServer(group: group, acceptor: acceptor)
        } catch let error as ControlServerError {
            group.shutdownGracefully { _ in }
            throw error
        } catch {
            group.shutdownGracefully { _ in }
            throw .system(operation: "serve", path: path, reason: "\(error)")
        }
    }

    /// Begins to serve by TCP as well.
    ///
    /// - Parameters:
    ///   - access: Where, and to whom.
    ///   - descriptor: A socket that an earlier daemon left, as for the Unix socket.
    ///   - backend: The daemon.
    ///   - limits: What clients may cost.
    ///   - listening: Gets a descriptor of the socket that is its own to close.
    ///   - log: Gets a line whenever something is worth one.
    /// - Throws: `ControlServerError` when there can be no socket there.
    package func serve(
        _ access: NetworkAccess,
        adopting descriptor: Int32? = nil,
        backend: any ControlBackend,
        limits: ControlLimits = ControlLimits(),
        listening: (@Sendable (Int32) -> Void)? = nil,
        log: @escaping @Sendable (String) -> Void
    ) throws(ControlServerError) {
        do {
            try loop.flatSubmit { [loop, network] in
                let acceptor = NetworkAcceptor(
                    access,
                    backend: backend,
                    limits: limits,
                    log: log,
                    loop: loop
                )
                network.value = acceptor
                return acceptor.open(adopting: descriptor, listening: listening)
            }.wait()
        } catch let error as ControlServerError {
            throw error
        } catch {
            throw .system(operation: "serve", path: access.address, reason: "\(error)")
        }
    }

    /// Makes the socket again if its file has been removed; looks at it soon, and does not wait.
    package func ensureSocketExists() {
        loop.execute { [acceptor] in acceptor.value.restore() }
    }

    /// Ends the server without waiting: the file and the listener go first, pending answers get
    /// a short while to leave, then every connection is closed and `completion` is called.
    ///
    /// With `leavingFile` the file stays, for the next daemon that takes over the socket.
    /// `completion` runs on the control thread. Stopping twice is harmless.
    package func stop(
        leavingFile: Bool = false,
        completion: @escaping @Sendable () -> Void = {}
    ) {
        loop.execute { [acceptor, network] in
            acceptor.value.stop(leavingFile: leavingFile) {
                guard let network = network.value else { return completion() }
                network.stop(then: completion)
            }
        }
    }

    /// Names the thread for `ps -L`, and leaves all signals to the others.
    private static func prepareThread() {
        let name = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        if name >= 0 {
            _ = write(name, "control", 7)
            _ = close(name)
        }
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
    }
}
