// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logging
import OrderedCollections
import Platform
import Supervision

/// Why the configuration file is being read.
enum ReadingPurpose {
    case plan(PendingReplies.Reply)
    case apply(groups: [String], PendingReplies.Reply)
    /// To start everything anew.
    case restartAll(Peer, PendingReplies.Reply)
    case signal
    /// For a manager that has not read it yet.
    case available(PendingReplies.Reply)
    case add(groups: [String], PendingReplies.Reply)

    /// Whether nobody is to be answered.
    var isSignal: Bool { if case .signal = self { true } else { false } }

    /// Whether something is to be changed.
    var isReload: Bool {
        switch self {
        case .plan, .available, .add: false
        case .apply, .restartAll, .signal: true
        }
    }
}

/// Reading the file again, and changing only what differs, or nothing at all.
extension Daemon {
    func read(for purpose: ReadingPurpose) {
        guard !fleet.isShuttingDown else {
            answer(purpose, .failure(.shuttingDown))
            return
        }
        if case .signal = purpose, isReloadWaiting { return }
        reading.append(purpose)
        do throws(SystemError) {
            try reader.begin(for: reading.count, answering: core)
            if case .signal = purpose { keepReloadWish() }
        } catch {
            reading.removeLast()
            answer(purpose, .failure(APIError(.failed, "cannot read the configuration: \(error)")))
        }
    }

    /// Whether a reload by signal waits for a reading that has not begun: one serves a storm.
    private var isReloadWaiting: Bool {
        reading.dropFirst(reader.servedByThisReading).contains(where: \.isSignal)
    }

    func arrived(_ reading: ConfigurationReading) {
        let purposes = self.reading.prefix(reader.servedByThisReading)
        self.reading.removeFirst(purposes.count)
        reader.arrived()
        do throws(SystemError) {
            try reader.begin(for: self.reading.count, answering: core)
        } catch {
            for purpose in self.reading { answer(purpose, .failure(APIError(.failed, "\(error)"))) }
            self.reading = []
        }
        if let loaded = reading.loaded {
            for purpose in purposes { serve(purpose, loaded, warnings: reading.diagnostics) }
        } else {
            refuse(reading, purposes)
        }
        if !self.reading.contains(where: \.isSignal) { dropReloadWish() }
    }

    private func refuse(_ reading: ConfigurationReading, _ purposes: ArraySlice<ReadingPurpose>) {
        let error = APIError(
            .invalidConfiguration,
            reading.text,
            hint: "nothing was changed; correct the file"
        )
        for purpose in purposes { answer(purpose, .failure(error)) }
        // Who only asked what a reload would do has refused nothing.
        guard purposes.contains(where: \.isReload) else { return }
        reloadError = reading.text
        keepReloadError()
        log.error("the configuration was not taken up: \(reading.text)")
        note(.reload, .reload, to: "refused")
    }

    private func serve(
        _ purpose: ReadingPurpose,
        _ new: LoadedConfiguration,
        warnings: [Diagnostic]
    ) {
        offered = new
        switch purpose {
        case .available(let reply): reply(.available(ConfiguredList(new, inUse: loaded)))
        case .add(let groups, let reply): reply(add(groups, of: new))
        case .plan, .apply, .restartAll, .signal: plan(purpose, new, warnings)
        }
    }

    private func plan(
        _ purpose: ReadingPurpose,
        _ new: LoadedConfiguration,
        _ warnings: [Diagnostic]
    ) {
        let groups: Set<String>? =
            if case .apply(let groups, _) = purpose, !groups.isEmpty { Set(groups) } else { nil }
        if let groups, let unknown = firstUnknown(groups, new.configuration) {
            answer(purpose, .failure(APIError(.noSuchGroup, "there is no group '\(unknown)'")))
            return
        }
        let target = groups.map { loaded.taking($0, from: new) } ?? loaded.replaced(by: new)
        let change = ConfigurationChange(from: loaded.configuration, to: target.configuration)
        var plan = ReloadPlan(change, from: loaded.configuration, to: new.configuration)
        plan.warnings = warnings.map(\.description)
        if case .plan = purpose {
            answer(purpose, .plan(plan))
            return
        }
        guard !fleet.isShuttingDown else {
            answer(purpose, .failure(.shuttingDown))
            return
        }
        reloadError = nil
        keepReloadError()
        apply(change, target)
        plan.applied = true
        log.info(
            """
            configuration taken up: \(change.added.count) added, \(change.changed.count) changed, \
            \(change.removed.count) removed, \(change.kept.count) kept
            """
        )
        note(.reload, .reload, to: "applied")
        if case .restartAll(let peer, let reply) = purpose {
            log.warning("restart of all asked for by \(peer)")
            restartAll()
            reply(.daemon(information()))
            return
        }
        settling.wait(for: stopping(change)) { [self] in answer(purpose, .plan(plan)) }
    }

    /// Answers what the daemon tells of itself, with the files that are not as they were read.
    func compareFiles(for info: DaemonInfo, _ reply: @escaping PendingReplies.Reply) {
        do throws(SystemError) {
            if files == nil { files = try FileThread() }
            files?.compare(loaded.history.inForce, for: info, reply: reply)
        } catch {
            log.error("cannot look whether the configuration has changed: \(error)")
            reply(.daemon(info))
        }
    }

    /// What a change that has been applied has begun to stop.
    private func stopping(_ change: ConfigurationChange) -> Set<MemberID> {
        let ids = (change.removed + change.changed.keys).compactMap(fleet.identifier(of:))
        return Set(ids.filter { fleet[$0]?.machine.state == .stopping })
    }

    private func firstUnknown(_ groups: Set<String>, _ new: Configuration) -> String? {
        groups.sorted().first { new.groups[$0] == nil && loaded.configuration.groups[$0] == nil }
    }

    func apply(_ change: ConfigurationChange, _ target: LoadedConfiguration) {
        var target = target
        target.history = target.history.departing(
            Set(change.removed),
            from: loaded.history,
            unfinished: unfinishedNames()
        )
        // In the new file's order; the old configuration stays in force until all is known good.
        loaded.takeUp(target)
        // Before anything is changed: a manager that follows in between finishes the change.
        keepConfiguration()
        for name in change.removed {
            if let id = fleet.identifier(of: name) { fleet.remove(id, at: now) }
        }
        runEffects()
        var added: [MemberID] = []
        for process in target.configuration.processes {
            if change.added.contains(process.name) {
                added.append(enlist(process))
            } else if let id = fleet.identifier(of: process.name) {
                let difference = change.changed[process.name]
                let isGroupChanged = change.changedGroups.contains(process.name.group)
                guard difference != nil || isGroupChanged else { continue }
                adopt(process, for: id)
                fleet.change(
                    id,
                    to: spec(process),
                    restarting: difference?.needsRestart ?? false,
                    at: now
                )
                runEffects()
            }
        }
        announceGroups(change.addedGroups)
        autostart(added)
        // Of those that go without one from now on.
        closeUnusedSockets()
    }

    /// Who has been taken out, and has not been stopped yet or not read to the end.
    private func unfinishedNames() -> Set<ProcessName> {
        outlets.left.goneNames.union(fleet.sortedMembers.filter(\.isLeaving).map(\.name))
    }

    private func answer(_ purpose: ReadingPurpose, _ response: Response) {
        switch purpose {
        case .plan(let reply), .apply(_, let reply), .restartAll(_, let reply),
            .available(let reply), .add(_, let reply):
            reply(response)
        case .signal: break
        }
    }
}

extension APIError {
    static let shuttingDown = APIError(.shuttingDown, "swisord is shutting down")
}
