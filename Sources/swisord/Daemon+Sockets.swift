// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections
import Platform
import Supervision

/// The sockets of programs, as the fleet comes and goes.
extension Daemon {
    /// The socket that a run of this child is to be given; nil for none.
    func socket(for child: Child) throws(SpawnFailure) -> Int32? {
        guard let settings = child.configuration.socket else { return nil }
        let wish = ServiceSockets.Wish(
            place: settings.place,
            backlog: settings.backlog,
            file: dress(settings, of: child)
        )
        return try sockets.descriptor(for: wish, isShared: isAccepting(at: settings.place))
    }

    /// As supervisord has it: a user without a group leaves the group as it is.
    private func dress(_ settings: SocketSettings, of child: Child) -> ServiceSocket.Dress {
        var dress = ServiceSocket.Dress(mode: settings.mode)
        if let owner = settings.owner {
            dress.uid = loaded.accounts[owner]?.uid
            if owner.group != nil { dress.gid = loaded.accounts[owner]?.gid }
        } else if let user = child.credentials, user.uid != ThisProcess.userID {
            (dress.uid, dress.gid) = (user.uid, user.gid)
        }
        return dress
    }

    private func isAccepting(at place: SocketSettings.Place) -> Bool {
        children.values.contains { child in
            child.configuration.socket?.place == place
                && fleet[child.id]?.machine.liveRun != nil
        }
    }

    /// Takes over what the manager before this one has left.
    func resumeSockets(_ past: Past) {
        let places = Set(loaded.configuration.processes.compactMap(\.socket?.place))
        for slot in 0..<StateStore.mostSockets {
            guard let kept = past.socket(in: slot) else { continue }
            sockets.adopt(kept, from: slot, for: places)
        }
    }

    /// Takes over the socket of a program that outlived its daemon and its guardian.
    func resumeSocket(of id: MemberID, _ pid: PID) {
        guard let place = children[id]?.configuration.socket?.place else { return }
        sockets.adopt(from: pid, at: place)
    }

    /// Closes sockets for which nothing is to run any more.
    func closeUnusedSockets() {
        guard !sockets.isEmpty else { return }
        var used: Set<SocketSettings.Place> = []
        let waiting = Set(autostarting)
        for child in children.values {
            guard let place = child.configuration.socket?.place, let member = fleet[child.id],
                member.machine.isActive
                    || member.spec.policy.autostart && waiting.contains(child.id)
            else { continue }
            used.insert(place)
        }
        sockets.closeAll { used.contains($0) }
    }
}
