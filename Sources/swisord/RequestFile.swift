// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// The records of requests in a file of slots, each record in as many slots as it needs.
///
/// A record that fits into one slot is written over in one call. Another is written beside the old
/// one, whose slots are emptied when the new one is complete: each moment has a whole record.
final class RequestFile {
    /// Where a record is.
    struct Record {
        let serial: UInt64
        fileprivate var version: UInt32 = 0
        fileprivate var slots: [Int] = []
        fileprivate var bytes: [UInt8] = []
    }

    private struct Part {
        let serial: UInt64
        let version: UInt32
        let index: Int
        let count: Int
        let bytes: ArraySlice<UInt8>

        static let headerSize = 16
        static let capacity = StateFile.capacity - headerSize

        func encoded() -> [UInt8] {
            var writer = BinaryWriter(capacity: bytes.count + Self.headerSize)
            writer.write(serial)
            writer.write(version)
            writer.write(UInt16(truncatingIfNeeded: index))
            writer.write(UInt16(truncatingIfNeeded: count))
            return writer.bytes + bytes
        }

        init(of record: Record, _ index: Int, of count: Int, _ bytes: ArraySlice<UInt8>) {
            serial = record.serial
            version = record.version
            self.index = index
            self.count = count
            self.bytes = bytes
        }

        init(_ slot: ArraySlice<UInt8>) throws(BinaryFault) {
            var reader = BinaryReader(slot)
            serial = try reader.number()
            version = try reader.number()
            index = Int(try reader.number(UInt16.self))
            count = Int(try reader.number(UInt16.self))
            guard index < count else { throw .range }
            bytes = try reader.take(reader.count)
        }
    }

    private var file: StateFile?
    private var used: Set<Int> = []
    private var lastSerial: UInt64 = 0
    /// Why the last writing failed; nil when it did not.
    private(set) var trouble: String?

    /// Opens the file of this boot at `path`, or makes an empty one.
    init(path: String) {
        let boot = BootID.current()
        do throws(StateFile.Failure) {
            file = try Self.open(path, boot)
        } catch {
            file = nil
            trouble = "\(path): \(error)"
        }
    }

    private static func open(
        _ path: String,
        _ boot: BootID
    ) throws(StateFile.Failure) -> StateFile {
        // Whatever is wrong with the old one, nothing of it could be believed.
        if let old = try? StateFile.open(path), old.boot.isSame(as: boot) { return old }
        return try StateFile.create(path, boot: boot)
    }

    /// Reads all whole records, the oldest first, and empties what is left of others.
    func load() -> [(Record, RequestRecord)] {
        guard let contents = try? file?.readAll() else { return [] }
        var sets: [UInt64: [UInt32: [(slot: Int, part: Part)]]] = [:]
        var waste = contents.damaged
        for (slot, bytes) in contents.slots {
            guard let part = try? Part(bytes) else {
                waste.append(slot)
                continue
            }
            sets[part.serial, default: [:]][part.version, default: []].append((slot, part))
        }
        var found: [(Record, RequestRecord)] = []
        for (serial, versions) in sets.sorted(by: { $0.key < $1.key }) {
            lastSerial = max(lastSerial, serial)
            var isFound = false
            for (version, parts) in versions.sorted(by: { $0.key > $1.key }) {
                let sorted = parts.sorted { $0.part.index < $1.part.index }
                let slots = sorted.map(\.slot)
                let bytes = sorted.flatMap(\.part.bytes)
                guard !isFound, sorted.count == sorted[0].part.count,
                    let content = try? RequestRecord(bytes[...])
                else {
                    waste += slots
                    continue
                }
                isFound = true
                used.formUnion(slots)
                found.append(
                    (Record(serial: serial, version: version, slots: slots, bytes: bytes), content)
                )
            }
        }
        for slot in waste { try? file?.erase(slot) }
        return found
    }

    /// A record that is not on file yet.
    func make() -> Record {
        lastSerial += 1
        return Record(serial: lastSerial)
    }

    /// Writes a record down; nothing is done where it says what it said.
    func write(_ content: RequestRecord, to record: inout Record) {
        let bytes = content.encoded()
        guard bytes != record.bytes, file != nil else { return }
        let pieces = stride(from: 0, to: bytes.count, by: Part.capacity).map {
            bytes[$0..<min($0 + Part.capacity, bytes.count)]
        }
        let isInPlace = pieces.count == 1 && record.slots.count == 1
        let slots = isInPlace ? record.slots : free(pieces.count)
        let old = record
        record.version &+= 1
        do throws(StateFile.Failure) {
            for (index, piece) in pieces.enumerated() {
                let part = Part(of: record, index, of: pieces.count, piece)
                try file?.write(part.encoded(), to: slots[index])
            }
            trouble = nil
        } catch {
            trouble = "\(error)"
            return
        }
        record.bytes = bytes
        record.slots = slots
        used.formUnion(slots)
        if !isInPlace { erase(old) }
    }

    func erase(_ record: Record) {
        for slot in record.slots {
            used.remove(slot)
            try? file?.erase(slot)
        }
    }

    private func free(_ count: Int) -> [Int] {
        var slots: [Int] = []
        var slot = 0
        while slots.count < count {
            if !used.contains(slot) { slots.append(slot) }
            slot += 1
        }
        return slots
    }
}
