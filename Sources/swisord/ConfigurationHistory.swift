// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Supervision

/// How the configuration in force has come about: what was read, and which groups took it up.
///
/// The first step is the start of the daemon, whose own settings stay in force to its end. One
/// that took up everything replaces all between; one that took up some groups, or took them out,
/// comes on top. So a manager that is started anew makes exactly what was in force, whatever the file says by then.
struct ConfigurationHistory: Hashable, Sendable {
    /// What one reading of the file came from.
    struct Reading: Hashable, Sendable {
        var recording: ConfigurationRecording
        var accounts: [UserReference: Credentials]
    }

    enum Step: Hashable, Sendable {
        /// Everything has taken up what was read.
        case all(Reading)
        /// Some groups have.
        case some(Set<String>, Reading)
        /// Some groups have been taken out, whatever the file says.
        case without(Set<String>)

        var reading: Reading? {
            switch self {
            case .all(let reading), .some(_, let reading): reading
            case .without: nil
            }
        }

        var groups: Set<String>? {
            switch self {
            case .all: nil
            case .some(let groups, _), .without(let groups): groups
            }
        }
    }

    /// Processes that have been taken out, and what they went by.
    ///
    /// They may have to be stopped yet, and what they wrote to be read: to where it always went.
    struct Departure: Hashable, Sendable {
        var names: Set<ProcessName>
        let reading: Reading
    }

    /// A process that has been taken out, as it was.
    struct Departed {
        let configuration: ProcessConfiguration
        let credentials: Credentials?
    }

    private(set) var departures: [Departure] = []
    /// What was read at the start of the daemon.
    private let first: Reading
    /// What came after it.
    private var later: [Step]

    /// The first is of all groups.
    var steps: [Step] { [.all(first)] + later }

    /// The history of a daemon that has just read its file.
    init(_ reading: Reading) {
        self.init(reading, then: [])
    }

    init(_ first: Reading, then later: [Step], departures: [Departure] = []) {
        self.first = first
        self.later = later
        self.departures = departures
    }

    /// The last thing that was read.
    private var latest: Reading { later.last { $0.reading != nil }?.reading ?? first }

    /// What all groups took up last; what some took up since is not counted.
    var inForce: ConfigurationRecording {
        for case .all(let reading) in later.reversed() { return reading.recording }
        return first.recording
    }

    /// After all groups have taken up what was read last in `new`.
    func replaced(by new: ConfigurationHistory) -> ConfigurationHistory {
        var result = self
        result.later = new.latest == first ? [] : [.all(new.latest)]
        return result
    }

    /// After some groups have taken up what was read last in `new`.
    func taking(_ groups: Set<String>, from new: ConfigurationHistory) -> ConfigurationHistory {
        appending(.some(groups, new.latest), of: groups)
    }

    /// After some groups have been taken out.
    func without(_ groups: Set<String>) -> ConfigurationHistory {
        appending(.without(groups), of: groups)
    }

    private func appending(_ step: Step, of groups: Set<String>) -> ConfigurationHistory {
        var result = self
        // What only these groups had taken up is of no use to anybody any more.
        result.later.removeAll { $0.groups.map { $0.isSubset(of: groups) } ?? false }
        result.later.append(step)
        return result
    }

    /// After processes have been taken out of a configuration.
    ///
    /// - Parameters:
    ///   - names: Who has been taken out now.
    ///   - old: How the configuration had come about that they were in.
    ///   - unfinished: Who of those that were taken out before may not have come to its end.
    /// - Returns: This history, which remembers what they went by.
    func departing(
        _ names: Set<ProcessName>,
        from old: ConfigurationHistory,
        unfinished: Set<ProcessName>
    ) -> ConfigurationHistory {
        var result = self
        for index in departures.indices {
            result.departures[index].names.formIntersection(unfinished)
            result.departures[index].names.subtract(names)
        }
        result.departures.removeAll { $0.names.isEmpty }
        for (group, names) in Dictionary(grouping: names, by: \.group) {
            let reading = old.reading(inForceFor: group)
            if let index = result.departures.firstIndex(where: { $0.reading == reading }) {
                result.departures[index].names.formUnion(names)
            } else {
                result.departures.append(Departure(names: Set(names), reading: reading))
            }
        }
        return result
    }

    /// What a group went by that is in force.
    private func reading(inForceFor group: String) -> Reading {
        for step in later.reversed() {
            guard let reading = step.reading, step.groups?.contains(group) != false else {
                continue
            }
            return reading
        }
        return first
    }

    /// The processes that have been taken out, as they were; without those that a loader which has
    /// become stricter does not know any more.
    func departed(_ overrides: DaemonOverrides) -> [ProcessName: Departed] {
        var result: [ProcessName: Departed] = [:]
        for departure in departures {
            guard let loaded = try? Self.replay(departure.reading, overrides) else { continue }
            for process in loaded.configuration.processes
            where departure.names.contains(process.name) {
                result[process.name] = Departed(
                    configuration: process,
                    credentials: process.user.flatMap { loaded.accounts[$0] }
                )
            }
        }
        return result
    }

    /// Makes the configuration in force again.
    ///
    /// - Parameter overrides: The command line, which is the same for every manager.
    /// - Returns: The configuration, or nil and the complaints of a loader that has become stricter.
    func replay(_ overrides: DaemonOverrides) -> ConfigurationReading {
        do throws(Refused) {
            var loaded = try Self.replay(first, overrides)
            for step in later {
                switch step {
                case .all(let reading):
                    loaded.takeUp(loaded.replaced(by: try Self.replay(reading, overrides)))
                case .some(let groups, let reading):
                    loaded = loaded.taking(groups, from: try Self.replay(reading, overrides))
                case .without(let groups): loaded = loaded.without(groups)
                }
            }
            loaded.history = self
            return ConfigurationReading(loaded: loaded, diagnostics: [])
        } catch {
            return ConfigurationReading(loaded: nil, diagnostics: error.diagnostics)
        }
    }

    private struct Refused: Error {
        let diagnostics: [Diagnostic]
    }

    private static func replay(
        _ reading: Reading,
        _ overrides: DaemonOverrides
    ) throws(Refused) -> LoadedConfiguration {
        let outcome = ConfigurationLoader.replay(reading.recording)
        guard var configuration = outcome.configuration else {
            throw Refused(diagnostics: outcome.diagnostics)
        }
        overrides.apply(to: &configuration)
        return LoadedConfiguration(
            configuration: configuration,
            accounts: reading.accounts,
            history: ConfigurationHistory(reading)
        )
    }
}
