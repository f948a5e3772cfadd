// SPDX-License-Identifier: Apache-2.0

import ControlAPI
private import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// The listening side, on the control thread: the socket's file, and who is let in.
final class Acceptor {
    private let path: String
    private let access: SocketAccess
    private let log: @Sendable (String) -> Void
    private let listening: (@Sendable (Int32) -> Void)?
    private let loop: any EventLoop
    private let reception: Reception
    private let owner = geteuid()
    private var socket: ListeningSocket?
    private var listener: (any Channel)?
    private var watch: (any Channel)?
    private var complaint: String?

    init(
        path: String,
        access: SocketAccess,
        backend: any ControlBackend,
        limits: ControlLimits,
        log: @escaping @Sendable (String) -> Void,
        listening: (@Sendable (Int32) -> Void)?,
        loop: any EventLoop
    ) {
        self.path = path
        self.access = access
        self.log = log
        self.listening = listening
        self.loop = loop
        reception = Reception(backend: backend, limits: limits, loop: loop)
    }

    private var directory: String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes the socket, or takes over `adopted` if that is still the one at the path, and begins
    /// to accept.
    func open(
        adopting adopted: Int32?,
        watch keptWatch: Int32?,
        watching: (@Sendable (Int32) -> Void)?
    ) -> EventLoopFuture<Void> {
        let acceptor = NIOLoopBound(self, eventLoop: loop)
        let kept = adopted.flatMap { ListeningSocket(adopting: $0, path: path) }
        if adopted != nil, kept == nil { log("\(path): is not the one that was kept; made anew") }
        return listen(on: kept).flatMap {
            let this = acceptor.value
            return SocketWatch.start(
                directory: this.directory,
                adopting: keptWatch,
                keep: watching,
                on: this.loop
            ) {
                acceptor.value.restore()
            }
        }.map { watch in
            let this = acceptor.value
            this.watch = watch
            if watch == nil {
                this.log("\(this.path): cannot be watched; if it is removed it stays away")
            }
        }
    }

    /// Makes the socket anew when its file is gone.
    func restore() {
        guard let socket, listener != nil else { return }
        switch socket.presence {
        case .own: complaint = nil
        case .foreign: complain("\(path): is another's socket now; left as it is")
        case .missing:
            let old = listener
            let acceptor = NIOLoopBound(self, eventLoop: loop)
            listen(on: nil).whenComplete { result in
                let this = acceptor.value
                switch result {
                case .success:
                    old?.close(promise: nil)
                    this.complaint = nil
                    this.log("\(this.path): was removed, and is there again")
                case .failure(let error):
                    this.complain("\(this.path): was removed, and cannot be made again: \(error)")
                }
            }
        }
    }

    /// Ends everything: the listener first, pending answers after a short while.
    func stop(leavingFile: Bool, then completion: @escaping () -> Void) {
        if !leavingFile { socket?.removeFile() }
        let last = listener
        listener = nil
        last?.close(promise: nil)
        watch?.close(promise: nil)
        socket = nil
        watch = nil
        reception.finish(then: completion)
    }

    private func listen(on kept: ListeningSocket?) -> EventLoopFuture<Void> {
        let made: ListeningSocket
        do {
            made = try kept ?? ListeningSocket(path: path, for: access)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let acceptor = NIOLoopBound(self, eventLoop: loop)
        return reception.listener()
            .childChannelInitializer { channel in acceptor.value.welcome(channel) }
            .withBoundSocket(made.descriptor)
            .map { channel in
                let this = acceptor.value
                this.socket = made
                this.listener = channel
                channel.closeFuture.whenComplete { _ in acceptor.value.listenerHasGone(channel) }
                Reception.offer(made.descriptor, to: this.listening)
            }
    }

    /// Listens again after `accept` has failed with more than a lack of something.
    ///
    /// Such an error closes the listener, and the daemon would be deaf from then on.
    private func listenerHasGone(_ channel: any Channel) {
        guard let listener, listener === channel else { return }
        self.listener = nil
        log("\(path): cannot be listened to any more; made anew")
        let acceptor = NIOLoopBound(self, eventLoop: loop)
        listen(on: nil).whenFailure { acceptor.value.complain("\(acceptor.value.path): \($0)") }
    }

    // MARK: Clients

    private func welcome(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let provider = channel as? any SocketOptionProvider else {
            return loop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        )
        let acceptor = NIOLoopBound(self, eventLoop: loop)
        return credentials.flatMapThrowing { found in
            try acceptor.value.admit(found, on: channel)
        }
    }

    private func admit(_ found: Credentials, on channel: any Channel) throws {
        var refusal: Refusal?
        // Whom the file was opened for has been let in by the kernel.
        if found.uid != 0, found.uid != owner, !access.isOpen {
            log("control: refused uid \(found.uid), pid \(found.pid)")
            refusal = Refusal(
                .forbidden,
                "Only root and the user of swisord may do this.",
                hint: "Run as root or as the user that swisord runs as."
            )
        }
        let peer = Peer.local(pid: found.pid, uid: found.uid, gid: found.gid)
        try reception.serve(peer, on: channel, refusal: refusal)
    }

    /// Logs something once, and not again for as long as it stays so.
    private func complain(_ text: String) {
        if text != complaint { log(text) }
        complaint = text
    }
}

/// `struct ucred`, which the C library shows to GNU programs only.
private struct Credentials {
    let pid: Int32
    let uid: UInt32
    let gid: UInt32
}
