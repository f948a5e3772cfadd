// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections
import Platform
import Supervision

/// Bringing processes of the configuration into the fleet.
extension Daemon {
    /// Takes in everything that is configured and starts what is to start by itself.
    func begin() {
        let ids = loaded.configuration.processes.map(enlist)
        fleet.autostart(ids, at: now)
        runEffects()
    }

    /// Adds a process, STOPPED, or takes up one of its name that is still leaving.
    func enlist(_ process: ProcessConfiguration) -> MemberID {
        let id = fleet.add(spec(process))
        if children[id] != nil {
            adopt(process, for: id)
        } else {
            let credentials = process.user.flatMap { loaded.accounts[$0] }
            children[id] = outlets.open(id, process, credentials)
        }
        return id
    }

    /// Gives a process its new settings, for its next start and for its logs at once.
    func adopt(_ process: ProcessConfiguration, for id: MemberID) {
        guard let child = children[id] else { return }
        child.adopt(process, credentials: process.user.flatMap { loaded.accounts[$0] })
        outlets.retarget(child)
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
