// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import OrderedCollections
import Supervision

extension ReloadPlan {
    /// Puts a change into the words of the wire.
    ///
    /// - Parameters:
    ///   - change: What applying would do.
    ///   - old: What runs.
    ///   - new: The whole of the file, for the list of what is available.
    init(_ change: ConfigurationChange, from old: Configuration, to new: Configuration) {
        self.init(
            added: change.addedGroups,
            changed: change.changedGroups,
            removed: change.removedGroups,
            needsDaemonRestart: change.needsDaemonRestart
        )
        let inUse = Set(old.processes.map(\.name))
        available = new.processes.map { process in
            Available(
                name: process.name.process,
                group: process.name.group,
                inUse: inUse.contains(process.name),
                autostart: process.policy.autostart,
                groupPriority: new.groups[process.name.group]?.priority ?? 999,
                processPriority: process.priority
            )
        }
        steps =
            change.removed.map { Step($0, .stop, "no longer in the file") }
            + change.added.map { name in
                let starts = new.processes.first { $0.name == name }?.policy.autostart ?? true
                return Step(name, starts ? .start : .add, "new in the file")
            }
            + change.changed.sorted { $0.key < $1.key }.map { name, difference in
                Step(name, difference.needsRestart ? .restart : .update, difference.reason)
            }
            + change.kept.map { Step($0, .keep, "unchanged") }
    }
}

extension ReloadPlan.Step {
    fileprivate init(_ name: ProcessName, _ action: ReloadPlan.Action, _ reason: String) {
        self.init(name: name.process, group: name.group, action: action, reason: reason)
    }
}

extension LoadedConfiguration {
    /// This configuration with only the groups named taken from `new`.
    func taking(_ names: Set<String>, from new: LoadedConfiguration) -> LoadedConfiguration {
        var mixed = self
        mixed.accounts.merge(new.accounts) { $1 }
        mixed.history = history.taking(names, from: new.history)
        mixed.configuration.processes =
            configuration.processes.filter { !names.contains($0.name.group) }
            + new.configuration.processes.filter { names.contains($0.name.group) }
        for name in names.sorted() {
            mixed.configuration.groups[name] = new.configuration.groups[name]
        }
        // With the last of them everything has been taken up.
        if ConfigurationChange(from: mixed.configuration, to: new.configuration).isEmpty {
            mixed.history = history.replaced(by: new.history)
        }
        return mixed
    }

    /// This configuration without the groups named.
    func without(_ names: Set<String>) -> LoadedConfiguration {
        var rest = self
        rest.history = history.without(names)
        rest.configuration.processes.removeAll { names.contains($0.name.group) }
        for name in names { rest.configuration.groups[name] = nil }
        return rest
    }
}
