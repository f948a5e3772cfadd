// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Supervision

/// Starting everything anew, as if the daemon had been: programs that do not depend on each other
/// stop at the same time, and each is started when it has stopped.
extension Daemon {
    /// Starts anew what starts by itself, and stops the rest.
    func restartAll() {
        var wishes: [Fleet.Command: [ProcessSelector]] = [:]
        for member in fleet.sortedMembers {
            let command: Fleet.Command? =
                switch (member.machine.state, member.machine.policy.autostart) {
                case (.starting, true), (.running, true), (.backoff, true), (.stopping, true):
                    .restart
                case (.starting, false), (.running, false), (.backoff, false), (.stopping, false):
                    .stop
                case (.stopped, true), (.exited, true), (.fatal, true), (.unknown, true): .start
                case (.stopped, false), (.exited, false), (.fatal, false), (.unknown, false): nil
                }
            guard let command else { continue }
            let pattern = "\(member.name.group):\(member.name.process)"
            wishes[command, default: []].append(ProcessSelector(pattern))
        }
        for command in [Fleet.Command.stop, .restart, .start] {
            guard let selectors = wishes[command] else { continue }
            let ticket = replies.park { _ in }
            fleet.request(command, selectors, wait: false, ticket: ticket, at: now)
            runEffects()
        }
    }
}
