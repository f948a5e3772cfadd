// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections
import Platform
import Supervision

/// Bringing processes of the configuration into the fleet.
extension Daemon {
    /// Has members start by themselves, as many a turn as do not keep exits and clients waiting.
    func autostart(_ ids: [MemberID]) {
        autostarting += fleet.inStartingOrder(ids)
        isHeapLoose = true
    }

    /// Starts the next few of those that are to start by themselves.
    func autostartSome() {
        guard !autostarting.isEmpty else { return }
        let some = autostarting.prefix(Self.startsPerTurn)
        autostarting = autostarting.dropFirst(some.count)
        fleet.autostart(Array(some), at: now)
        runEffects()
    }

    static let startsPerTurn = 32

    /// Adds a process, STOPPED, or takes up one of its name that is still leaving.
    func enlist(_ process: ProcessConfiguration) -> MemberID {
        let id = fleet.add(spec(process))
        if children[id] != nil {
            adopt(process, for: id)
        } else {
            let credentials = process.user.flatMap { loaded.accounts[$0] }
            children[id] = outlets.open(id, process, credentials)
            enlistListener(id, process)
        }
        return id
    }

    /// Gives a process its new settings, for its next start and for its logs at once.
    func adopt(_ process: ProcessConfiguration, for id: MemberID) {
        guard let child = children[id] else { return }
        child.adopt(process, credentials: process.user.flatMap { loaded.accounts[$0] })
        outlets.retarget(child)
        enlistListener(id, process)
    }

    func spec(_ process: ProcessConfiguration) -> MemberSpec {
        MemberSpec(
            name: process.name,
            policy: process.policy,
            priority: process.priority,
            groupPriority: loaded.configuration.groups[process.name.group]?.priority ?? 999
        )
    }
}
