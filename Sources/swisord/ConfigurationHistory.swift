// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Supervision

/// How the configuration in force has come about: what was read, and which groups took it up.
///
/// The first step is the start of the daemon, whose own settings stay in force to its end. One
/// that took up everything replaces all between; one that took up some groups comes on top. So a
/// manager that is started anew makes exactly what was in force, whatever the file says by then.
struct ConfigurationHistory: Hashable, Sendable {
    /// What one reading of the file came from.
    struct Reading: Hashable, Sendable {
        var recording: ConfigurationRecording
        var accounts: [UserReference: Credentials]
    }

    struct Step: Hashable, Sendable {
        var reading: Reading
        /// The groups that took it up; nil stands for all.
        var groups: Set<String>?
    }

    /// Never empty; the first is of all groups.
    private(set) var steps: [Step]

    /// The history of a daemon that has just read its file.
    init(_ reading: Reading) {
        steps = [Step(reading: reading, groups: nil)]
    }

    /// The last thing that was read.
    private var latest: Reading { steps[steps.count - 1].reading }

    /// After all groups have taken up what was read last in `new`.
    func replaced(by new: ConfigurationHistory) -> ConfigurationHistory {
        var result = self
        result.steps.removeSubrange(1...)
        if new.latest != steps[0].reading {
            result.steps.append(Step(reading: new.latest, groups: nil))
        }
        return result
    }

    /// After some groups have taken up what was read last in `new`.
    func taking(_ groups: Set<String>, from new: ConfigurationHistory) -> ConfigurationHistory {
        var result = self
        // What only these groups had taken up is of no use to anybody any more.
        result.steps.removeAll { $0.groups.map { $0.isSubset(of: groups) } ?? false }
        result.steps.append(Step(reading: new.latest, groups: groups))
        return result
    }

    /// Makes the configuration in force again.
    ///
    /// - Parameter overrides: The command line, which is the same for every manager.
    /// - Returns: The configuration, or nil and the complaints of a loader that has become stricter.
    func replay(_ overrides: DaemonOverrides) -> ConfigurationReading {
        var result: LoadedConfiguration?
        for step in steps {
            let outcome = ConfigurationLoader.replay(step.reading.recording)
            guard var configuration = outcome.configuration else {
                return ConfigurationReading(loaded: nil, diagnostics: outcome.diagnostics)
            }
            overrides.apply(to: &configuration.daemon)
            let new = LoadedConfiguration(
                configuration: configuration,
                accounts: step.reading.accounts,
                history: ConfigurationHistory(step.reading)
            )
            guard var loaded = result else {
                result = new
                continue
            }
            if let groups = step.groups {
                loaded = loaded.taking(groups, from: new)
            } else {
                loaded.takeUp(loaded.replaced(by: new))
            }
            result = loaded
        }
        result?.history = self
        return ConfigurationReading(loaded: result, diagnostics: [])
    }
}

// MARK: - Bytes

extension ConfigurationHistory {
    /// The most bytes of a history.
    static let maximumBytes = 256 << 20

    private static let version: UInt16 = 1
    private static let mostSteps = 10_000
    private static let longestText = 1 << 16

    /// The history in bytes; nil when they are more than `maximumBytes`.
    var bytes: [UInt8]? {
        var writer = BinaryWriter()
        writer.write(Self.version)
        writer.write(UInt32(truncatingIfNeeded: steps.count))
        for step in steps {
            guard let recording = step.reading.recording.encoded() else { return nil }
            writer.write(recording)
            writer.write(UInt32(truncatingIfNeeded: step.reading.accounts.count))
            for (user, credentials) in step.reading.accounts.sorted(by: {
                $0.key.text < $1.key.text
            }) {
                writer.writeLong(user.text)
                writer.write(credentials)
            }
            writer.write(step.groups) { writer, groups in
                writer.write(UInt32(truncatingIfNeeded: groups.count))
                for group in groups.sorted() { writer.writeLong(group) }
            }
        }
        writer.write(Checksum.of(writer.bytes))
        return writer.bytes.count <= Self.maximumBytes ? writer.bytes : nil
    }

    /// Reads a history.
    ///
    /// - Throws: `BinaryFault` for anything but what `bytes` has been.
    init(bytes: [UInt8]) throws(BinaryFault) {
        guard bytes.count <= Self.maximumBytes else { throw .range }
        guard bytes.count > 4 else { throw .cut }
        var tail = BinaryReader(bytes.suffix(4))
        guard try tail.number() == Checksum.of(bytes.dropLast(4)) else { throw .checksum }
        var reader = BinaryReader(bytes.dropLast(4))
        guard try reader.number() == Self.version else { throw .unknownFormat }
        steps = []
        for _ in 0..<(try reader.count(atMost: Self.mostSteps)) {
            let recording = try ConfigurationRecording(
                try reader.blob(atMost: ConfigurationRecording.maximumBytes)
            )
            var accounts: [UserReference: Credentials] = [:]
            for _ in 0..<(try reader.count(atMost: Self.maximumBytes)) {
                let text = try reader.longText(atMost: Self.longestText)
                guard let user = UserReference(text) else { throw .text }
                accounts[user] = try reader.credentials(atMost: Self.longestText)
            }
            let groups = try reader.optional { (reader) throws(BinaryFault) in
                var groups: Set<String> = []
                for _ in 0..<(try reader.count(atMost: Self.maximumBytes)) {
                    groups.insert(try reader.longText(atMost: Self.longestText))
                }
                return groups
            }
            steps.append(
                Step(
                    reading: Reading(recording: recording, accounts: accounts),
                    groups: groups
                )
            )
        }
        try reader.end()
        guard let first = steps.first, first.groups == nil else { throw .range }
    }
}

extension BinaryWriter {
    fileprivate mutating func write(_ credentials: Credentials) {
        write(credentials.uid)
        write(credentials.gid)
        write(UInt32(truncatingIfNeeded: credentials.groups.count))
        for group in credentials.groups { write(group) }
        writeLong(credentials.name)
        writeLong(credentials.home)
        writeLong(credentials.shell)
    }
}

extension BinaryReader {
    fileprivate mutating func credentials(atMost limit: Int) throws(BinaryFault) -> Credentials {
        let (uid, gid) = (try number(UInt32.self), try number(UInt32.self))
        var groups: [UInt32] = []
        for _ in 0..<(try count(atMost: 1 << 16, ofSize: 4)) { groups.append(try number()) }
        return Credentials(
            uid: uid,
            gid: gid,
            groups: groups,
            name: try longText(atMost: limit),
            home: try longText(atMost: limit),
            shell: try longText(atMost: limit)
        )
    }
}
