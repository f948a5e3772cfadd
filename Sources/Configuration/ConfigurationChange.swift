// SPDX-License-Identifier: Apache-2.0

package import Supervision

/// The difference between the configuration that runs and the one in the file.
package struct ConfigurationChange: Hashable, Sendable {
    /// What has to happen to a process that both configurations have.
    package struct Changed: Hashable, Sendable {
        /// Which keys differ, as in `command, environment changed`.
        package var reason: String
        /// Whether the process must be started anew; else new rules are put in place as it runs.
        package var needsRestart: Bool
    }

    /// Processes only the new configuration has, in its order.
    package var added: [ProcessName] = []
    /// Processes only the old configuration has, in its order.
    package var removed: [ProcessName] = []
    package var changed: [ProcessName: Changed] = [:]
    /// Processes that are the same in both, in the order of the new one.
    package var kept: [ProcessName] = []
    /// Names of groups, sorted.
    package var addedGroups: [String] = []
    package var changedGroups: [String] = []
    package var removedGroups: [String] = []
    /// Keys of `swisord` that differ and take effect when the daemon is started again.
    package var needsDaemonRestart: [String] = []

    /// Whether the two configurations are the same.
    package var isEmpty: Bool {
        added.isEmpty && removed.isEmpty && changed.isEmpty && addedGroups.isEmpty
            && changedGroups.isEmpty && removedGroups.isEmpty && needsDaemonRestart.isEmpty
    }

    /// Compares what runs (`old`) with what the file says now (`new`).
    package init(from old: Configuration, to new: Configuration) {}
}
