// SPDX-License-Identifier: Apache-2.0

package import Supervision

/// The bytes of a recording: version 1, the same bytes for the same recording, and a checksum.
extension ConfigurationRecording {
    /// The most bytes of one recording.
    package static let maximumBytes = 64 << 20

    private static let mark: [UInt8] = Array("swisconf".utf8)
    private static let version: UInt16 = 1

    /// The recording in bytes; nil when they are more than `maximumBytes`.
    package func encoded() -> [UInt8]? {
        var writer = BinaryWriter(capacity: 4096)
        for byte in Self.mark { writer.write(byte) }
        writer.write(Self.version)
        writer.writeLong(file)
        writer.write(environment, by: { $0 < $1 }) {
            $0.writeLong($1)
        } value: {
            $0.writeLong($1)
        }
        writer.writeLong(hostName)
        writer.writeLong(homeDirectory)
        writer.write(isRoot)
        writer.write(userID)
        writer.writeLong(currentDirectory)
        writer.write(readings, by: { $0 < $1 }) {
            $0.writeLong($1)
        } value: {
            $0.write($1)
        }
        writer.write(facts, by: { $0 < $1 }) {
            $0.writeLong($1)
        } value: {
            $0.write($1) { $0.write($1) }
        }
        writer.write(resolved, by: { $0 < $1 }) {
            $0.writeLong($1)
        } value: {
            $0.write($1) { $0.writeLong($1) }
        }
        writer.write(matches, by: { $0 < $1 }) {
            $0.writeLong($1)
        } value: {
            $0.write($1)
        }
        for answers in [users, groups] {
            writer.write(answers, by: { $0.order < $1.order }) {
                $0.write($1)
            } value: {
                $0.write($1)
            }
        }
        writer.write(Checksum.of(writer.bytes))
        return writer.bytes.count <= Self.maximumBytes ? writer.bytes : nil
    }

    /// Reads a recording.
    ///
    /// - Throws: `BinaryFault` for anything but what `encoded` has made.
    package init(_ bytes: ArraySlice<UInt8>) throws(BinaryFault) {
        guard bytes.count <= Self.maximumBytes else { throw .range }
        guard bytes.count > 12, bytes.starts(with: Self.mark) else { throw .unknownFormat }
        var tail = BinaryReader(bytes.suffix(4))
        guard try tail.number() == Checksum.of(bytes.dropLast(4)) else { throw .checksum }
        var reader = BinaryReader(bytes.dropLast(4).dropFirst(Self.mark.count))
        guard try reader.number() == Self.version else { throw .unknownFormat }
        file = try reader.path()
        environment = try reader.dictionary(
            { (reader) throws(BinaryFault) in try reader.path() },
            { (reader) throws(BinaryFault) in try reader.path() }
        )
        hostName = try reader.path()
        homeDirectory = try reader.path()
        isRoot = try reader.flag()
        userID = try reader.number()
        currentDirectory = try reader.path()
        readings = try reader.dictionary(
            { (reader) throws(BinaryFault) in try reader.path() },
            { (reader) throws(BinaryFault) in try reader.reading() }
        )
        facts = try reader.dictionary(
            { (reader) throws(BinaryFault) in try reader.path() },
            { (reader) throws(BinaryFault) in
                try reader.optional { (reader) throws(BinaryFault) in try reader.facts() }
            }
        )
        resolved = try reader.dictionary(
            { (reader) throws(BinaryFault) in try reader.path() },
            { (reader) throws(BinaryFault) in
                try reader.optional { (reader) throws(BinaryFault) in try reader.path() }
            }
        )
        matches = try reader.dictionary(
            { (reader) throws(BinaryFault) in try reader.path() },
            { (reader) throws(BinaryFault) in try reader.matches() }
        )
        users = try reader.answers()
        groups = try reader.answers()
        try reader.end()
    }
}

extension UserReference.Identity {
    /// Numbers before names, each in their order.
    fileprivate var order: (Int, UInt32, String) {
        switch self {
        case .number(let number): (0, number, "")
        case .name(let name): (1, 0, name)
        }
    }
}

// MARK: - Parts

extension BinaryWriter {
    fileprivate mutating func write<Key: Hashable, Value>(
        _ dictionary: [Key: Value],
        by isBefore: (Key, Key) -> Bool,
        key: (inout BinaryWriter, Key) -> Void,
        value: (inout BinaryWriter, Value) -> Void
    ) {
        write(UInt32(truncatingIfNeeded: dictionary.count))
        for entry in dictionary.sorted(by: { isBefore($0.key, $1.key) }) {
            key(&self, entry.key)
            value(&self, entry.value)
        }
    }

    fileprivate mutating func write(_ facts: FileSystem.Facts) {
        write(facts.owner)
        write(facts.group)
        write(facts.mode)
    }

    fileprivate mutating func write(_ reading: ConfigurationRecording.Reading) {
        switch reading {
        case .contents(let bytes, let facts):
            write(true)
            write(bytes)
            write(facts)
        case .refused(let reason):
            write(false)
            writeLong(reason)
        }
    }

    fileprivate mutating func write(_ matches: ConfigurationRecording.Matches) {
        switch matches {
        case .paths(let paths):
            write(true)
            write(UInt32(truncatingIfNeeded: paths.count))
            for path in paths { writeLong(path) }
        case .refused(let reason):
            write(false)
            writeLong(reason)
        }
    }

    fileprivate mutating func write(_ identity: UserReference.Identity) {
        switch identity {
        case .number(let number):
            write(true)
            write(number)
        case .name(let name):
            write(false)
            writeLong(name)
        }
    }
}

extension BinaryReader {
    /// A text of any kind, as long as the whole may be.
    fileprivate mutating func path() throws(BinaryFault) -> String {
        try longText(atMost: ConfigurationRecording.maximumBytes)
    }

    fileprivate mutating func dictionary<Key: Hashable, Value>(
        _ key: (inout BinaryReader) throws(BinaryFault) -> Key,
        _ value: (inout BinaryReader) throws(BinaryFault) -> Value
    ) throws(BinaryFault) -> [Key: Value] {
        var result: [Key: Value] = [:]
        for _ in 0..<(try count(atMost: ConfigurationRecording.maximumBytes)) {
            let name = try key(&self)
            guard result.updateValue(try value(&self), forKey: name) == nil else { throw .surplus }
        }
        return result
    }

    fileprivate mutating func facts() throws(BinaryFault) -> FileSystem.Facts {
        FileSystem.Facts(owner: try number(), group: try number(), mode: try number())
    }

    fileprivate mutating func reading() throws(BinaryFault) -> ConfigurationRecording.Reading {
        guard try flag() else { return .refused(try path()) }
        let bytes = try blob(atMost: ConfigurationRecording.maximumBytes)
        return .contents(Array(bytes), try facts())
    }

    fileprivate mutating func matches() throws(BinaryFault) -> ConfigurationRecording.Matches {
        guard try flag() else { return .refused(try path()) }
        var paths: [String] = []
        for _ in 0..<(try count(atMost: ConfigurationRecording.maximumBytes, ofSize: 4)) {
            paths.append(try path())
        }
        return .paths(paths)
    }

    fileprivate mutating func answers() throws(BinaryFault) -> [UserReference.Identity: Bool] {
        try dictionary(
            { (reader) throws(BinaryFault) in
                try reader.flag() ? .number(try reader.number()) : .name(try reader.path())
            },
            { (reader) throws(BinaryFault) in try reader.flag() }
        )
    }
}
