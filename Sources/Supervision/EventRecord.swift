// SPDX-License-Identifier: Apache-2.0

/// What must be known of a pool of event listeners when the manager that serves it dies: each event
/// that waits, and what the next one is numbered.
package enum EventRecord: Hashable, Sendable {
    /// The numbers of a pool: of the next event among all and among its own, and how many it has
    /// given up.
    case pool(String, nextSerial: UInt64, nextPoolSerial: UInt64, dropped: UInt32)
    case waiting(String, QueuedEvent)
    /// One that waits and is too long to be written down.
    case tooLong(String, serial: UInt64, poolSerial: UInt64)

    private static let version: UInt8 = 1
    private static let longestName: UInt16 = 255
    /// What fits into a slot of the state file.
    package static let maximumBytes = 1000

    /// The record in bytes; of an event that does not fit, that it does not.
    package func encoded() -> [UInt8] {
        var writer = BinaryWriter(capacity: 256)
        writer.write(Self.version)
        switch self {
        case .pool(let name, let nextSerial, let nextPoolSerial, let dropped):
            writer.write(UInt8(0))
            writer.write(name, atMost: Self.longestName)
            writer.write(nextSerial)
            writer.write(nextPoolSerial)
            writer.write(dropped)
        case .waiting(let name, let event):
            writer.write(UInt8(1))
            writer.write(name, atMost: Self.longestName)
            writer.write(event)
            guard writer.bytes.count <= Self.maximumBytes else {
                let short = EventRecord.tooLong(
                    name,
                    serial: event.serial,
                    poolSerial: event.poolSerial
                )
                return short.encoded()
            }
        case .tooLong(let name, let serial, let poolSerial):
            writer.write(UInt8(2))
            writer.write(name, atMost: Self.longestName)
            writer.write(serial)
            writer.write(poolSerial)
        }
        return writer.bytes
    }

    /// Reads a record.
    ///
    /// - Throws: `BinaryFault` for all that `encoded` cannot have made.
    package init(_ bytes: ArraySlice<UInt8>) throws(BinaryFault) {
        var reader = BinaryReader(bytes)
        guard try reader.number() == Self.version else { throw .unknownFormat }
        let kind: UInt8 = try reader.number()
        let name = try reader.text(atMost: Int(Self.longestName))
        switch kind {
        case 0:
            self = .pool(
                name,
                nextSerial: try reader.number(),
                nextPoolSerial: try reader.number(),
                dropped: try reader.number()
            )
        case 1: self = .waiting(name, try reader.queuedEvent())
        case 2:
            self = .tooLong(name, serial: try reader.number(), poolSerial: try reader.number())
        default: throw .tag
        }
        try reader.end()
    }
}

// MARK: - Events

extension BinaryWriter {
    mutating func write(_ event: QueuedEvent) {
        write(event.type.rawValue)
        write(event.payload)
        write(event.serial)
        write(event.poolSerial)
        write(UInt32(clamping: event.refusals))
    }
}

extension BinaryReader {
    mutating func queuedEvent() throws(BinaryFault) -> QueuedEvent {
        guard let type = EventType(rawValue: try text(atMost: 64)) else { throw .tag }
        let payload = try text(atMost: Int(UInt16.max))
        guard payload.utf8.allSatisfy({ $0 < 0x80 }) else { throw .text }
        let serial: UInt64 = try number()
        var event = QueuedEvent(
            type: type,
            payload: payload,
            serial: serial,
            poolSerial: try number()
        )
        event.refusals = Int(try number(UInt32.self))
        return event
    }
}
