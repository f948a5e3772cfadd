// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logging
import OrderedCollections
import Supervision

/// Taking single groups of the file in and out, as it was read last.
///
/// `reread` is what reads it. So who asks for a group gets what he was shown, and nothing that was
/// written since.
extension Daemon {
    func listAvailable(_ reply: @escaping PendingReplies.Reply) {
        if let offered {
            reply(.available(ConfiguredList(offered, inUse: loaded)))
        } else {
            read(for: .available(reply))
        }
    }

    func add(_ groups: [String], _ reply: @escaping PendingReplies.Reply) {
        if let offered {
            reply(add(groups, of: offered))
        } else {
            read(for: .add(groups: groups, reply))
        }
    }

    func add(_ groups: [String], of file: LoadedConfiguration) -> Response {
        change(groups, .added) { add($0, of: file) }
    }

    private func add(_ group: String, of file: LoadedConfiguration) -> APIError? {
        guard file.configuration.groups[group] != nil else {
            return APIError(
                .noSuchGroup,
                "there is no group '\(group)' in the file as it was read last",
                hint: "'swisordctl reread' reads it again"
            )
        }
        guard loaded.configuration.groups[group] == nil else {
            return APIError(
                .alreadyAdded,
                "the group '\(group)' is in use already",
                hint: "'swisordctl update \(group)' takes up what has changed in it"
            )
        }
        take(loaded.taking([group], from: file))
        log.info("added process group \(group)")
        return nil
    }

    func remove(_ groups: [String]) -> Response {
        change(groups, .removed, remove)
    }

    private func remove(_ group: String) -> APIError? {
        guard loaded.configuration.groups[group] != nil else {
            return APIError(.noSuchGroup, "there is no group '\(group)'")
        }
        let active = fleet.sortedMembers.filter { $0.name.group == group && $0.machine.isActive }
        if let one = active.first {
            return APIError(
                .stillRunning,
                "\(one.name) is \(one.machine.state.name)",
                hint: "'swisordctl stop \(group):*' stops the group"
            )
        }
        take(loaded.without([group]))
        log.info("removed process group \(group)")
        return nil
    }

    private func take(_ target: LoadedConfiguration) {
        apply(ConfigurationChange(from: loaded.configuration, to: target.configuration), target)
    }

    private func change(
        _ groups: [String],
        _ action: CommandResult.Action,
        _ step: (String) -> APIError?
    ) -> Response {
        guard !fleet.isShuttingDown else { return .failure(.shuttingDown) }
        let results = groups.map { group in
            CommandResult(name: "*", group: group, action: action, error: step(group))
        }
        if results.contains(where: { $0.error == nil }) { note(.reload, .reload, to: "applied") }
        return .command(CommandReport(results: results))
    }
}
