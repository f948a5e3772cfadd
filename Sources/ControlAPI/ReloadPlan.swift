// SPDX-License-Identifier: Apache-2.0

/// The difference between the configuration file and what runs, and what applying it does.
package struct ReloadPlan: Hashable, Sendable, Codable {
    package enum Action: String, Hashable, Sendable, Codable {
        case start, stop, restart, keep, update, add
    }

    /// What happens to one process, and why.
    package struct Step: Hashable, Sendable, Codable {
        package var name: String
        package var group: String
        package var action: Action
        /// As in `command changed` or `new in the file`.
        package var reason: String

        package init(name: String, group: String, action: Action, reason: String) {
            self.name = name
            self.group = group
            self.action = action
            self.reason = reason
        }
    }

    /// One process of the file, for `avail`.
    package struct Available: Hashable, Sendable, Codable {
        package var name: String
        package var group: String
        package var inUse: Bool
        package var autostart: Bool
        package var groupPriority: Int
        package var processPriority: Int

        private enum CodingKeys: String, CodingKey {
            case name, group, autostart
            case inUse = "in_use"
            case groupPriority = "group_priority"
            case processPriority = "process_priority"
        }

        package init(
            name: String,
            group: String,
            inUse: Bool,
            autostart: Bool,
            groupPriority: Int,
            processPriority: Int
        ) {
            self.name = name
            self.group = group
            self.inUse = inUse
            self.autostart = autostart
            self.groupPriority = groupPriority
            self.processPriority = processPriority
        }
    }

    /// Names of groups, sorted.
    package var added: [String]
    package var changed: [String]
    package var removed: [String]
    package var steps: [Step]
    package var available: [Available]
    /// Settings of the daemon itself that differ and need a restart of it to take effect.
    package var needsDaemonRestart: [String]
    package var warnings: [String]
    /// False for a plan, true when it has been carried out.
    package var applied: Bool

    private enum CodingKeys: String, CodingKey {
        case added, changed, removed, steps, available, warnings, applied
        case needsDaemonRestart = "needs_daemon_restart"
    }

    package init(
        added: [String] = [],
        changed: [String] = [],
        removed: [String] = [],
        steps: [Step] = [],
        available: [Available] = [],
        needsDaemonRestart: [String] = [],
        warnings: [String] = [],
        applied: Bool = false
    ) {
        self.added = added
        self.changed = changed
        self.removed = removed
        self.steps = steps
        self.available = available
        self.needsDaemonRestart = needsDaemonRestart
        self.warnings = warnings
        self.applied = applied
    }
}
