// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// The events that wait for listeners, in a file of slots that outlives the manager.
///
/// One is written before anything else is made of what it tells of, and erased when the record of a
/// listener has it. Without the file everything works but this.
final class EventFile {
    /// A pool as an earlier manager has left it.
    struct Pool {
        var nextSerial: UInt64 = 0
        var nextPoolSerial: UInt64 = 0
        var dropped = 0
        /// What waits, the oldest first.
        var events: [QueuedEvent] = []
    }

    /// What a slot is for: an event of a pool by its number there, or the pool itself.
    private struct Key: Hashable {
        let pool: String
        let serial: UInt64?
    }

    private let path: String
    private var file: StateFile?
    private var slots: [Key: Int] = [:]
    private var free: [Int] = []
    private var end = 0
    /// What is to be erased, once what has come of it is written elsewhere.
    private var leaving: Set<Key> = []
    private var numbers: [String: EventRecord] = [:]

    init(path: String) {
        self.path = path
    }

    /// Takes up what an earlier manager has written; what is not noted again is erased.
    func load() -> [String: Pool] {
        guard let opened = try? StateFile.open(path), opened.boot.isSame(as: BootID.current()),
            let contents = try? opened.readAll()
        else { return [:] }
        file = consume opened
        var pools: [String: Pool] = [:]
        end = (contents.slots.keys.max() ?? -1) + 1
        free = (0..<end).filter { contents.slots[$0] == nil }
        for (slot, bytes) in contents.slots {
            guard let record = try? EventRecord(bytes) else {
                free.append(slot)
                continue
            }
            let key = key(of: record)
            slots[key] = slot
            leaving.insert(key)
            pools[key.pool, default: Pool()].add(record)
        }
        for name in pools.keys { pools[name]?.events.sort { $0.poolSerial < $1.poolSerial } }
        return pools
    }

    private func key(of record: EventRecord) -> Key {
        switch record {
        case .pool(let name, _, _, _): Key(pool: name, serial: nil)
        case .waiting(let name, let event): Key(pool: name, serial: event.poolSerial)
        case .tooLong(let name, _, let serial): Key(pool: name, serial: serial)
        }
    }

    /// Writes down what has become of the events of a pool; those that have left are erased later.
    func note(_ changes: [EventPool.Change], of pool: String) {
        for change in changes {
            switch change {
            case .waits(let event): write(.waiting(pool, event))
            case .left(let serial): leaving.insert(Key(pool: pool, serial: serial))
            }
        }
    }

    /// Writes down the numbers of a pool, where they have changed.
    func note(_ pool: EventPool, nextSerial: UInt64) {
        let record = EventRecord.pool(
            pool.name,
            nextSerial: nextSerial,
            nextPoolSerial: pool.nextPoolSerial,
            dropped: UInt32(clamping: pool.counts.dropped)
        )
        leaving.remove(key(of: record))
        guard numbers[pool.name] != record else { return }
        numbers[pool.name] = record
        write(record)
    }

    /// Forgets a pool that is no more.
    func forget(_ pool: String) {
        numbers[pool] = nil
        leaving.formUnion(slots.keys.filter { $0.pool == pool })
        eraseLeaving()
    }

    /// Forgets everything: who starts a daemon after this one has ended begins anew.
    func remove() {
        file = nil
        ThisProcess.unlink(path)
    }

    /// Erases what nobody needs any more.
    func eraseLeaving() {
        for key in leaving {
            guard let slot = slots.removeValue(forKey: key) else { continue }
            try? file?.erase(slot)
            free.append(slot)
        }
        leaving.removeAll(keepingCapacity: true)
    }

    private func write(_ record: EventRecord) {
        let key = key(of: record)
        leaving.remove(key)
        guard open() else { return }
        guard let slot = slots[key] ?? free.popLast() ?? next() else { return }
        slots[key] = slot
        try? file?.write(record.encoded(), to: slot)
    }

    private func next() -> Int? {
        guard end < StateFile.mostSlots else { return nil }
        defer { end += 1 }
        return end
    }

    /// Makes the file when it is first needed; most daemons have no listeners.
    private func open() -> Bool {
        if file == nil { file = try? StateFile.create(path, boot: BootID.current()) }
        switch file {
        case .some: return true
        case .none: return false
        }
    }
}

extension EventFile.Pool {
    fileprivate mutating func add(_ record: EventRecord) {
        switch record {
        case .pool(_, let nextSerial, let nextPoolSerial, let dropped):
            raise(nextSerial, nextPoolSerial)
            self.dropped += Int(dropped)
        case .waiting(_, let event):
            raise(event.serial + 1, event.poolSerial + 1)
            events.append(event)
        case .tooLong(_, let serial, let poolSerial):
            raise(serial + 1, poolSerial + 1)
            dropped += 1
        }
    }

    private mutating func raise(_ serial: UInt64, _ poolSerial: UInt64) {
        nextSerial = max(nextSerial, serial)
        nextPoolSerial = max(nextPoolSerial, poolSerial)
    }
}
