// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlServer
import Platform
import Supervision
import SystemPackage

/// The sockets that programs accept connections on: open as long as one of their processes runs
/// or is to run.
///
/// All processes of a program share one. It stays over restarts, and with the guardian over the
/// death of a manager; who connects meanwhile waits in it.
final class ServiceSockets {
    /// What a socket is to be like.
    struct Wish: Hashable {
        let place: SocketSettings.Place
        let backlog: Int
        let file: ServiceSocket.Dress
    }

    private struct Open {
        let socket: ServiceSocket
        /// What it is like; nil for one that an earlier daemon made.
        var wish: Wish?
        /// Where the guardian keeps it; nil when it has no room.
        let slot: Int?
    }

    private let store: StateStore
    private let patience: Patience
    private var open: [SocketSettings.Place: Open] = [:]

    init(store: StateStore, patience: Patience) {
        self.store = store
        self.patience = patience
    }

    var isEmpty: Bool { open.isEmpty }

    /// The number of the socket's descriptor, which stays here; it is made when it is not there yet.
    ///
    /// - Parameters:
    ///   - wish: What it is to be like.
    ///   - isShared: Whether another process accepts on it now, which counts on how it is.
    /// - Returns: The number, for a child to be made with.
    /// - Throws: `SpawnFailure` of the step `socket`, with what to do about it.
    func descriptor(for wish: Wish, isShared: Bool) throws(SpawnFailure) -> Int32 {
        do throws(SystemError) {
            if let known = open[wish.place] {
                let isInPlace = try prepare(known, as: wish, isShared: isShared)
                if isInPlace {
                    open[wish.place]?.wish = wish
                    return known.socket.descriptor.rawValue
                }
                close(wish.place)
            }
            let socket = try make(wish)
            keep(socket, of: wish.place, as: wish, in: nil)
            return socket.descriptor.rawValue
        } catch {
            throw SpawnFailure(
                step: .socket,
                subject: wish.place.description,
                errorNumber: error.errno.rawValue,
                reason: error.reasonOfSocket,
                isPermanent: false
            )
        }
    }

    /// Has a socket that is open be as it is to be now.
    ///
    /// - Returns: Whether clients find it. Where its file has gone, another socket is the only way to
    ///   be found again.
    private func prepare(
        _ known: Open,
        as wish: Wish,
        isShared: Bool
    ) throws(SystemError) -> Bool {
        let socket = known.socket
        if !isShared { socket.block() }
        if known.wish != wish { try socket.listen(backlog: wish.backlog) }
        guard case .path = wish.place else { return true }
        let dress = known.wish?.file == wish.file ? nil : wish.file
        return try waiting(for: wish) {
            Result { () throws(SystemError) in
                guard socket.isInPlace else { return false }
                if let dress { try socket.dress(dress) }
                return true
            }
        }
    }

    private func make(_ wish: Wish) throws(SystemError) -> ServiceSocket {
        let place = ServiceSocket.Place(wish.place)
        return try waiting(for: wish) {
            Result { () throws(SystemError) in
                try ServiceSocket(at: place, backlog: wish.backlog, file: wish.file)
            }
        }
    }

    /// The file of a socket may lie on a disk that hangs.
    private func waiting<Value: Sendable>(
        for wish: Wish,
        _ body: @escaping @Sendable () -> Result<Value, SystemError>
    ) throws(SystemError) -> Value {
        guard let result = try patience.call("socket", body) else {
            throw SystemError("bind", wish.place.description, errno: .timedOut)
        }
        return try result.get()
    }

    private func keep(
        _ socket: ServiceSocket,
        of place: SocketSettings.Place,
        as wish: Wish?,
        in slot: Int?
    ) {
        let taken = Set(open.values.compactMap(\.slot))
        let chosen = slot ?? (0..<StateStore.mostSockets).first { !taken.contains($0) }
        if slot == nil, let chosen { store.keepSocket(socket.descriptor, in: chosen) }
        open[place] = Open(socket: socket, wish: wish, slot: chosen)
    }

    // MARK: - Of an earlier manager or daemon

    /// Takes over a socket that the guardian keeps.
    ///
    /// One that is for none of these places is let go, unless it has a file: that goes with it, when
    /// all is known that may want it.
    func adopt(
        _ kept: consuming OwnedDescriptor,
        from slot: Int,
        for places: some Sequence<SocketSettings.Place>
    ) {
        let place = places.first { place in
            open[place] == nil && ServiceSocket.isBound(kept.rawValue, to: .init(place))
        }
        let own = ServiceSocket.path(of: kept.rawValue).map(SocketSettings.Place.path)
        guard let place = place ?? own, open[place] == nil else {
            return store.dropSocket(in: slot)
        }
        adopt(kept, at: place, in: slot)
    }

    /// Takes over the socket of this place from a program that outlived its daemon and guardian.
    func adopt(from pid: PID, at place: SocketSettings.Place) {
        guard open[place] == nil,
            let copy = ServiceSocket.copy(from: pid, boundTo: .init(place))
        else { return }
        adopt(copy, at: place, in: nil)
    }

    private func adopt(
        _ descriptor: consuming OwnedDescriptor,
        at place: SocketSettings.Place,
        in slot: Int?
    ) {
        let file = BoundFile.inode(of: descriptor.rawValue)
        let socket = ServiceSocket(adopting: descriptor, at: .init(place), file: file)
        keep(socket, of: place, as: nil, in: slot)
    }

    // MARK: - The end

    /// Closes those for which nothing is to run any more.
    func closeAll(but isUsed: (SocketSettings.Place) -> Bool) {
        for place in open.keys.filter({ !isUsed($0) }) { close(place) }
    }

    private func close(_ place: SocketSettings.Place) {
        guard let known = open.removeValue(forKey: place) else { return }
        let socket = known.socket
        if case .path = place {
            // First, so that a manager that dies in between is followed by one that does it.
            _ = try? patience.call("socket") { socket.removeFile() }
        }
        if let slot = known.slot { store.dropSocket(in: slot) }
    }
}

extension ServiceSocket.Place {
    fileprivate init(_ place: SocketSettings.Place) {
        switch place {
        case .path(let path): self = .path(path)
        case .network(let address, let port): self = .network(address: address, port: port)
        }
    }
}

extension SystemError {
    /// Why there is no socket, and what can be done about it.
    fileprivate var reasonOfSocket: String {
        switch errno {
        case .addressInUse: "\(errno): another process has a socket there"
        case .fileExists: "there is a file that is no socket, and it is left alone"
        case .noSuchFileOrDirectory: "\(errno): its directory must exist"
        case .timedOut: "disk not answering"
        case .notPermitted where operation == "chown":
            "\(errno): only root can give its file to another user"
        default: errno.description
        }
    }
}
