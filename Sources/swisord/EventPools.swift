// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections
import Supervision

/// All pools of event listeners, by their names.
struct EventPools {
    /// Which pool is to do something.
    struct Task {
        let pool: String
        let effect: EventPool.Effect
    }

    private var pools: OrderedDictionary<String, EventPool> = [:]
    private(set) var nextSerial: UInt64 = 0
    private var tasks: [Task] = []

    var isEmpty: Bool { pools.isEmpty }

    subscript(name: String) -> EventPool? { pools[name] }

    /// In the order in which they were made.
    var all: [EventPool] { Array(pools.values) }

    func wants(_ type: EventType) -> Bool { pools.values.contains { $0.wants(type) } }

    /// Gives an event to every pool that wants it; it has one number in all of them.
    mutating func add(_ announcement: Announcement) {
        let interested = pools.keys.filter { pools[$0]?.wants(announcement.type) == true }
        guard !interested.isEmpty else { return }
        let (payload, serial) = (announcement.payload, nextSerial)
        for name in interested {
            change(name) { $0.add(announcement.type, payload, serial: serial) }
        }
        nextSerial += 1
    }

    /// Takes a listener in, and makes its pool what the file says.
    mutating func enlist(_ id: MemberID, _ process: ProcessConfiguration) {
        guard let listener = process.listener else { return }
        let name = process.name.group
        var pool =
            pools[name]
            ?? EventPool(name: name, types: listener.events, limit: listener.bufferSize)
        pool.types = listener.events
        pool.limit = listener.bufferSize
        pool.add(id)
        pools[name] = pool
    }

    mutating func remove(_ id: MemberID, of name: String, at now: Instant) {
        change(name) { $0.remove(id, at: now) }
        if pools[name]?.isEmpty == true { pools[name] = nil }
    }

    /// Changes a pool, and keeps what is to be done for `take`.
    mutating func change(_ name: String, _ body: (inout EventPool) -> [EventPool.Effect]) {
        guard var pool = pools[name] else { return }
        let effects = body(&pool)
        pools[name] = pool
        tasks += effects.map { Task(pool: name, effect: $0) }
    }

    /// Gives events to those who are free, and answers what is to be done.
    mutating func take(at now: Instant) -> [Task] {
        for name in pools.keys { change(name) { $0.reach(now) + $0.dispatch(at: now) } }
        defer { tasks = [] }
        return tasks
    }

    /// When there is something to do next.
    var deadline: Instant? { pools.values.compactMap(\.deadline).min() }

    /// Goes on with the numbers of an earlier manager.
    mutating func resume(nextSerial: UInt64) {
        self.nextSerial = max(self.nextSerial, nextSerial)
    }
}
