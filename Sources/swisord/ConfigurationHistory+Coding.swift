// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Supervision

/// The history in bytes, as the guardian keeps it.
extension ConfigurationHistory {
    /// The most bytes of a history.
    static let maximumBytes = 256 << 20

    private static let version: UInt16 = 3
    /// The same without departures.
    private static let versionBefore: UInt16 = 2
    private static let mostSteps = 10_000
    private static let longestText = 1 << 16

    /// What kind of step follows.
    private enum Tag: UInt8 {
        case all, some, without
    }

    /// The history in bytes; nil when they are more than `maximumBytes`.
    var bytes: [UInt8]? {
        var writer = BinaryWriter()
        writer.write(Self.version)
        writer.write(UInt32(truncatingIfNeeded: steps.count))
        for step in steps {
            switch step {
            case .all(let reading):
                writer.write(Tag.all.rawValue)
                guard Self.write(reading, to: &writer) else { return nil }
            case .some(let groups, let reading):
                writer.write(Tag.some.rawValue)
                Self.write(groups, to: &writer)
                guard Self.write(reading, to: &writer) else { return nil }
            case .without(let groups):
                writer.write(Tag.without.rawValue)
                Self.write(groups, to: &writer)
            }
        }
        writer.write(UInt32(truncatingIfNeeded: departures.count))
        for departure in departures {
            Self.write(departure.names, to: &writer)
            guard Self.write(departure.reading, to: &writer) else { return nil }
        }
        writer.write(Checksum.of(writer.bytes))
        return writer.bytes.count <= Self.maximumBytes ? writer.bytes : nil
    }

    private static func write(_ groups: Set<String>, to writer: inout BinaryWriter) {
        writer.write(UInt32(truncatingIfNeeded: groups.count))
        for group in groups.sorted() { writer.writeLong(group) }
    }

    private static func write(_ names: Set<ProcessName>, to writer: inout BinaryWriter) {
        writer.write(UInt32(truncatingIfNeeded: names.count))
        for name in names.sorted() {
            writer.writeLong(name.group)
            writer.writeLong(name.process)
        }
    }

    /// False for what is too large to be written.
    private static func write(_ reading: Reading, to writer: inout BinaryWriter) -> Bool {
        guard let recording = reading.recording.encoded() else { return false }
        writer.write(recording)
        writer.write(UInt32(truncatingIfNeeded: reading.accounts.count))
        for (user, credentials) in reading.accounts.sorted(by: { $0.key.text < $1.key.text }) {
            writer.writeLong(user.text)
            writer.write(credentials)
        }
        return true
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
        let version: UInt16 = try reader.number()
        guard version == Self.version || version == Self.versionBefore else { throw .unknownFormat }
        var steps: [Step] = []
        for _ in 0..<(try reader.count(atMost: Self.mostSteps)) {
            guard let tag = Tag(rawValue: try reader.number()) else { throw .tag }
            let step: Step =
                switch tag {
                case .all: .all(try Self.reading(&reader))
                case .some: .some(try Self.groups(&reader), try Self.reading(&reader))
                case .without: .without(try Self.groups(&reader))
                }
            steps.append(step)
        }
        var departures: [Departure] = []
        if version > Self.versionBefore {
            for _ in 0..<(try reader.count(atMost: Self.mostSteps)) {
                let names = try Self.names(&reader)
                departures.append(Departure(names: names, reading: try Self.reading(&reader)))
            }
        }
        try reader.end()
        guard case .all(let first)? = steps.first else { throw .range }
        self.init(first, then: Array(steps.dropFirst()), departures: departures)
    }

    private static func reading(_ reader: inout BinaryReader) throws(BinaryFault) -> Reading {
        let recording = try ConfigurationRecording(
            try reader.blob(atMost: ConfigurationRecording.maximumBytes)
        )
        var accounts: [UserReference: Credentials] = [:]
        for _ in 0..<(try reader.count(atMost: maximumBytes)) {
            let text = try reader.longText(atMost: longestText)
            guard let user = UserReference(text) else { throw .text }
            accounts[user] = try reader.credentials(atMost: longestText)
        }
        return Reading(recording: recording, accounts: accounts)
    }

    private static func groups(_ reader: inout BinaryReader) throws(BinaryFault) -> Set<String> {
        var groups: Set<String> = []
        for _ in 0..<(try reader.count(atMost: maximumBytes)) {
            groups.insert(try reader.longText(atMost: longestText))
        }
        return groups
    }

    private static func names(_ reader: inout BinaryReader) throws(BinaryFault) -> Set<ProcessName>
    {
        var names: Set<ProcessName> = []
        for _ in 0..<(try reader.count(atMost: maximumBytes)) {
            let group = try reader.longText(atMost: longestText)
            names.insert(
                ProcessName(group: group, process: try reader.longText(atMost: longestText))
            )
        }
        return names
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
