// SPDX-License-Identifier: Apache-2.0

/// What must be known of an event listener when the manager that talks to it dies.
///
/// It is written before an event is sent, and whenever the listener has said something. So the next
/// manager knows who waits for an event, and which one has not been answered.
package struct ListenerRecord: Hashable, Sendable {
    package let name: ProcessName
    package let pid: PID
    package let phase: ListenerProtocol.Phase
    /// The event that is not answered; nil also for one that is too long to be written down.
    package let event: QueuedEvent?
    /// Whether an event that is too long is not answered.
    package let hasLongEvent: Bool
    /// What the next events are numbered.
    package let nextSerial: UInt64
    package let nextPoolSerial: UInt64
    /// Events of the pool that were given up, and those that wait and are written down nowhere.
    package let dropped: UInt32
    package let waiting: UInt32

    private static let version: UInt8 = 1
    private static let longestName: UInt16 = 64
    /// What fits into a slot of the state file beside the rest.
    package static let longestPayload: UInt16 = 700

    package init(
        name: ProcessName,
        pid: PID,
        _ look: EventPool.Look,
        nextSerial: UInt64,
        nextPoolSerial: UInt64,
        dropped: Int,
        waiting: Int
    ) {
        self.name = name
        self.pid = pid
        phase = look.phase
        let length = look.event?.payload.utf8.count ?? 0
        hasLongEvent = length > Int(Self.longestPayload)
        event = hasLongEvent ? nil : look.event
        self.nextSerial = nextSerial
        self.nextPoolSerial = nextPoolSerial
        self.dropped = UInt32(clamping: dropped)
        self.waiting = UInt32(clamping: waiting)
    }

    /// The record in bytes.
    package func encoded() -> [UInt8] {
        var writer = BinaryWriter(capacity: 256)
        writer.write(Self.version)
        writer.write(name.group, atMost: Self.longestName)
        writer.write(name.process, atMost: Self.longestName)
        writer.write(pid)
        writer.write(phase.rawValue)
        writer.write(hasLongEvent)
        writer.write(nextSerial)
        writer.write(nextPoolSerial)
        writer.write(dropped)
        writer.write(waiting)
        writer.write(event) { $0.write($1) }
        return writer.bytes
    }

    /// Reads a record.
    ///
    /// - Throws: `BinaryFault` for all that `encoded` cannot have made.
    package init(_ bytes: ArraySlice<UInt8>) throws(BinaryFault) {
        var reader = BinaryReader(bytes)
        guard try reader.number() == Self.version else { throw .unknownFormat }
        let group = try reader.text(atMost: Int(Self.longestName))
        name = ProcessName(
            group: group,
            process: try reader.text(atMost: Int(Self.longestName))
        )
        pid = try reader.number(in: 1...PID.max)
        guard let phase = ListenerProtocol.Phase(rawValue: try reader.number()) else { throw .tag }
        self.phase = phase
        hasLongEvent = try reader.flag()
        nextSerial = try reader.number()
        nextPoolSerial = try reader.number()
        dropped = try reader.number()
        waiting = try reader.number()
        event = try reader.optional { (reader) throws(BinaryFault) in try reader.queuedEvent() }
        guard event?.payload.utf8.count ?? 0 <= Int(Self.longestPayload) else { throw .range }
        try reader.end()
    }
}
