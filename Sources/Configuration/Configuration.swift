// SPDX-License-Identifier: Apache-2.0

package import OrderedCollections

/// Everything that one configuration file says, typed, expanded and checked.
package struct Configuration: Hashable, Sendable {
    /// The absolute path of the file that was loaded.
    package var file: String
    package var daemon: DaemonSettings
    /// One entry a process, `numprocs` already expanded, in the order of the file.
    package var processes: [ProcessConfiguration]
    /// Every group, those that programs imply included, in the order of their first process.
    package var groups: OrderedDictionary<String, GroupConfiguration>
    /// What the loader found odd but not wrong.
    package var warnings: [Diagnostic]

    package init(
        file: String,
        daemon: DaemonSettings,
        processes: [ProcessConfiguration],
        groups: OrderedDictionary<String, GroupConfiguration>,
        warnings: [Diagnostic] = []
    ) {
        self.file = file
        self.daemon = daemon
        self.processes = processes
        self.groups = groups
        self.warnings = warnings
    }
}

extension Configuration {
    /// The names of all groups, in the order in which they are started.
    package var groupsInOrder: [String] {
        groups.values.sorted { ($0.priority, $0.name) < ($1.priority, $1.name) }.map(\.name)
    }
}

/// A set of processes that are started and stopped together.
package struct GroupConfiguration: Hashable, Sendable {
    package var name: String
    /// Low numbers start first and stop last.
    package var priority: Int
    /// Whether the group exists only because a program is in no other.
    package var isImplicit: Bool

    package init(name: String, priority: Int, isImplicit: Bool) {
        self.name = name
        self.priority = priority
        self.isImplicit = isImplicit
    }
}
