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
    private let file: EventFile
    /// What an earlier manager has left, until it is taken up.
    private var earlier: [String: EventFile.Pool] = [:]
    /// What happens while listeners are being taken in; nil once all of them are.
    private var early: [Announcement]?

    init(_ file: EventFile) {
        self.file = file
    }

    var isEmpty: Bool { pools.isEmpty }

    subscript(name: String) -> EventPool? { pools[name] }

    /// In the order in which they were made.
    var all: [EventPool] { Array(pools.values) }

    func wants(_ type: EventType) -> Bool { pools.values.contains { $0.wants(type) } }

    /// Gives an event to every pool that wants it; it has one number in all of them.
    mutating func add(_ announcement: Announcement) {
        guard early == nil else {
            early?.append(announcement)
            return
        }
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
        var pool = pools[name] ?? make(name, listener)
        pool.types = listener.events
        pool.limit = listener.bufferSize
        pool.add(id)
        pools[name] = pool
    }

    /// A pool goes on with the numbers that it had.
    private func make(_ name: String, _ listener: ListenerConfiguration) -> EventPool {
        var pool = EventPool(name: name, types: listener.events, limit: listener.bufferSize)
        if let past = earlier[name] {
            pool.resume([], nextSerial: past.nextPoolSerial, dropped: past.dropped)
        }
        return pool
    }

    /// Takes a listener out, and its pool with the last of them unless that is to stay.
    ///
    /// - Returns: How many events waited for a pool that is no more.
    mutating func remove(
        _ id: MemberID,
        of name: String,
        keepingPool isKept: Bool,
        at now: Instant
    ) -> Int {
        change(name) { $0.remove(id, at: now) }
        guard !isKept, let pool = pools[name], pool.isEmpty else { return 0 }
        pools[name] = nil
        file.forget(name)
        return pool.waiting.count
    }

    /// Changes a pool, and keeps what is to be done for `take`.
    mutating func change(_ name: String, _ body: (inout EventPool) -> [EventPool.Effect]) {
        guard var pool = pools[name] else { return }
        let effects = body(&pool)
        file.note(pool.takeChanges(), of: name)
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

    // MARK: - Over the death of a manager

    /// What was done with events is written elsewhere by now.
    func settle() {
        for pool in pools.values { file.note(pool, nextSerial: nextSerial) }
        file.eraseLeaving()
    }

    /// Leaves nothing to whoever comes after the end of this daemon.
    func end() {
        file.remove()
    }

    /// Takes up the numbers of all pools, before there is any event.
    mutating func load() {
        early = []
        earlier = file.load()
        nextSerial = earlier.values.map(\.nextSerial).max() ?? 0
    }

    /// Takes up the events that waited in an earlier manager, but for those that a listener has.
    ///
    /// - Parameter isSame: Whether those who listen to a pool are those of then; else its events are
    ///   given up.
    mutating func resume(where isSame: (String) -> Bool) {
        for (name, past) in earlier where !past.events.isEmpty {
            change(name) { pool in
                let known = Set(pool.poolSerials)
                let events = past.events.filter { !known.contains($0.poolSerial) }
                let isTaken = isSame(name)
                pool.resume(
                    isTaken ? events : [],
                    nextSerial: past.nextPoolSerial,
                    dropped: isTaken ? 0 : events.count
                )
                return []
            }
        }
        earlier = [:]
    }

    /// All listeners are there: tells them what has happened meanwhile, after what waited for them.
    mutating func begin() {
        let announcements = early ?? []
        early = nil
        for announcement in announcements { add(announcement) }
    }

    /// Goes on with the numbers of an earlier manager.
    mutating func resume(nextSerial: UInt64) {
        self.nextSerial = max(self.nextSerial, nextSerial)
    }
}
