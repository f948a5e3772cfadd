// SPDX-License-Identifier: Apache-2.0

/// An event on its way to a pool of listeners.
package struct QueuedEvent: Hashable, Sendable {
    package let type: EventType
    /// Pure ASCII.
    package let payload: String
    /// Its number among all events that any pool has taken in.
    package let serial: UInt64
    /// Its number among those of its pool.
    package let poolSerial: UInt64
    /// How often it was given to a listener that did not take it.
    package var refusals = 0
    /// When it may be given to a listener again.
    package var notBefore: Instant?

    package init(type: EventType, payload: String, serial: UInt64, poolSerial: UInt64) {
        self.type = type
        self.payload = payload
        self.serial = serial
        self.poolSerial = poolSerial
    }

    /// What a listener reads: a header line, and the payload of the length that it tells.
    package func message(server: String, pool: String) -> [UInt8] {
        let header =
            "ver:3.0 server:\(ASCIIText.of(server)) serial:\(serial) pool:\(ASCIIText.of(pool)) "
            + "poolserial:\(poolSerial) eventname:\(type.rawValue) len:\(payload.utf8.count)\n"
        return Array((header + payload).utf8)
    }
}

/// A pool of listeners: those that one section of the file makes, and the events that wait for them.
///
/// Nothing that a listener does reaches beyond its pool. An event that is not taken goes to the head
/// of the line again, after a while, and not for ever; while it waits, others pass it. Events that
/// find no room push out the oldest. Whatever is given up is counted.
package struct EventPool: Sendable {
    /// What is to be done.
    package enum Effect: Hashable, Sendable {
        /// Give the event to the listener.
        case send(QueuedEvent, to: MemberID)
        /// Its listeners have refused it too often; it is counted.
        case gaveUp(QueuedEvent)
        /// The oldest was dropped to make room; it is counted.
        case overflowed(QueuedEvent)
        case confused(MemberID)
    }

    /// What has become of the events of a pool.
    package struct Counts: Hashable, Sendable {
        /// Events that a listener has answered with OK.
        package var accepted = 0
        /// Answers that were not OK, and listeners that ended with an event unanswered.
        package var refused = 0
        /// Events that were given up: for want of room, or after too many refusals.
        package var dropped = 0

        package init() {}
    }

    /// What has become of the events that wait, for who writes them down.
    package enum Change: Hashable, Sendable {
        case waits(QueuedEvent)
        /// One has been given to a listener, or given up.
        case left(poolSerial: UInt64)
    }

    private struct Listener: Hashable, Sendable {
        let id: MemberID
        var talk: ListenerProtocol
        var isRunning = false
        /// Whether it takes in what it is sent; what is not read yet keeps it from more.
        var isOpen = true
        /// Whether what it has written last will not be heard again, by whichever manager.
        var isHeard = true
        var event: QueuedEvent?
        /// When one that an earlier manager has talked to is told again.
        var lapse: Instant?

        var isFree: Bool {
            isRunning && isOpen && isHeard && event == nil && talk.phase == .ready
        }
    }

    package let name: String
    package var types: Set<EventType>
    /// How many events wait at most.
    package var limit: Int
    package private(set) var counts = Counts()
    package private(set) var waiting: [QueuedEvent] = []
    private var changes: [Change] = []
    private var nextSerial: UInt64 = 0
    private var listeners: [Listener] = []
    /// Who is to be looked at first, so that all have their turn.
    private var turn = 0

    package static let mostRefusals = 10
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(30)
    /// How long a listener may be silent after its manager has died.
    private static let patience = Duration.seconds(60)

    package init(name: String, types: Set<EventType>, limit: Int) {
        self.name = name
        self.types = types
        self.limit = limit
    }

    // MARK: - Events

    package func wants(_ type: EventType) -> Bool { types.contains(type) }

    /// What has become of the events that wait since the last call.
    package mutating func takeChanges() -> [Change] {
        defer { changes.removeAll(keepingCapacity: true) }
        return changes
    }

    /// Takes an event in.
    package mutating func add(
        _ type: EventType,
        _ payload: String,
        serial: UInt64
    ) -> [Effect] {
        let event = QueuedEvent(
            type: type,
            payload: payload,
            serial: serial,
            poolSerial: nextSerial
        )
        nextSerial += 1
        let effects = makeRoom()
        waiting.append(event)
        changes.append(.waits(event))
        return effects
    }

    private mutating func makeRoom() -> [Effect] {
        var effects: [Effect] = []
        while waiting.count >= max(1, limit) {
            counts.dropped += 1
            let oldest = waiting.removeFirst()
            changes.append(.left(poolSerial: oldest.poolSerial))
            effects.append(.overflowed(oldest))
        }
        return effects
    }

    /// Gives events to listeners that are free, in order, as far as both go.
    package mutating func dispatch(at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        while let index = nextFree(),
            let place = waiting.firstIndex(where: { $0.notBefore.map { $0 <= now } ?? true })
        {
            let event = waiting.remove(at: place)
            changes.append(.left(poolSerial: event.poolSerial))
            listeners[index].event = event
            listeners[index].talk.wasGivenEvent()
            turn = index + 1
            effects.append(.send(event, to: listeners[index].id))
        }
        return effects
    }

    private func nextFree() -> Int? {
        let order = listeners.indices.map { (turn + $0) % listeners.count }
        return order.first { listeners[$0].isFree }
    }

    /// When `reach` is next wanted.
    package var deadline: Instant? {
        let pauses =
            nextFree() == nil ? [] : waiting.compactMap(\.notBefore)
        return (pauses + listeners.compactMap(\.lapse)).min()
    }

    /// What time has brought about; `dispatch` is to follow.
    package mutating func reach(_ now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for index in listeners.indices {
            guard let lapse = listeners[index].lapse, lapse <= now else { continue }
            listeners[index].lapse = nil
            guard listeners[index].talk.isUnsure else { continue }
            listeners[index].talk.lapse()
            if let event = listeners[index].event {
                effects.append(.send(event, to: listeners[index].id))
            }
        }
        return effects
    }

    // MARK: - Listeners

    /// Takes in a process that is to listen.
    package mutating func add(_ id: MemberID) {
        guard index(id) == nil else { return }
        listeners.append(Listener(id: id, talk: ListenerProtocol()))
        listeners.sort { $0.id.rawValue < $1.id.rawValue }
    }

    /// Takes in a process that an earlier manager has talked to.
    package mutating func resume(
        _ id: MemberID,
        in phase: ListenerProtocol.Phase,
        with event: QueuedEvent?,
        at now: Instant
    ) {
        add(id)
        guard let index = index(id) else { return }
        listeners[index].talk = ListenerProtocol(resumedIn: phase)
        listeners[index].event = event
        if listeners[index].talk.isUnsure {
            listeners[index].lapse = now.advanced(by: Self.patience)
        }
    }

    /// Takes up the line of an earlier manager, the oldest event first.
    package mutating func resume(_ events: [QueuedEvent], nextSerial: UInt64, dropped: Int) {
        waiting = events + waiting
        changes += events.map { .waits($0) }
        self.nextSerial = max(self.nextSerial, nextSerial)
        counts.dropped += dropped
    }

    package mutating func remove(_ id: MemberID, at now: Instant) -> [Effect] {
        guard let index = index(id) else { return [] }
        let effects = ended(id, at: now)
        listeners.remove(at: index)
        return effects
    }

    /// A listener is RUNNING, or is so no longer.
    package mutating func set(_ id: MemberID, isRunning: Bool) {
        if let index = index(id) { listeners[index].isRunning = isRunning }
    }

    /// A listener has read all that it was sent, or has not.
    package mutating func set(_ id: MemberID, isOpen: Bool) {
        if let index = index(id) { listeners[index].isOpen = isOpen }
    }

    /// What a listener has written could be heard again by a manager that follows, or could not.
    ///
    /// It gets no event while it could: the answer to the one before would be taken for its own.
    package mutating func set(_ id: MemberID, isHeard: Bool) {
        if let index = index(id) { listeners[index].isHeard = isHeard }
    }

    /// A listener's process has begun: nothing is known of it.
    package mutating func began(_ id: MemberID) {
        guard let index = index(id) else { return }
        listeners[index].talk = ListenerProtocol()
        listeners[index].isOpen = true
        listeners[index].isHeard = true
        listeners[index].lapse = nil
    }

    /// A listener's process has ended; what it has not answered is given to another.
    package mutating func ended(_ id: MemberID, at now: Instant) -> [Effect] {
        guard let index = index(id) else { return [] }
        listeners[index].talk = ListenerProtocol()
        listeners[index].isRunning = false
        listeners[index].lapse = nil
        return refuse(index, at: now)
    }

    /// A listener cannot be given its event.
    package mutating func couldNotSend(to id: MemberID, at now: Instant) -> [Effect] {
        guard let index = index(id) else { return [] }
        listeners[index].isOpen = false
        return refuse(index, at: now)
    }

    /// A listener has written something.
    package mutating func received(
        _ bytes: some Sequence<UInt8>,
        from id: MemberID,
        at now: Instant
    ) -> [Effect] {
        guard let index = index(id) else { return [] }
        var effects: [Effect] = []
        for step in listeners[index].talk.take(bytes) {
            switch step {
            case .ready: break
            case .answered(isAccepted: true):
                listeners[index].event = nil
                counts.accepted += 1
            case .answered(isAccepted: false): effects += refuse(index, at: now)
            case .confused: effects.append(.confused(id))
            }
        }
        if !listeners[index].talk.isUnsure { listeners[index].lapse = nil }
        return effects
    }

    private mutating func refuse(_ index: Int, at now: Instant) -> [Effect] {
        guard var event = listeners[index].event else { return [] }
        listeners[index].event = nil
        counts.refused += 1
        event.refusals += 1
        guard event.refusals < Self.mostRefusals else {
            counts.dropped += 1
            return [.gaveUp(event)]
        }
        let pause = Self.firstPause * (1 << min(event.refusals - 1, 20))
        event.notBefore = now.advanced(by: min(pause, Self.longestPause))
        let effects = makeRoom()
        waiting.insert(event, at: 0)
        changes.append(.waits(event))
        return effects
    }

    private func index(_ id: MemberID) -> Int? {
        listeners.firstIndex { $0.id == id }
    }
}

// MARK: - Looking

extension EventPool {
    /// What is known of one listener.
    package struct Look: Hashable, Sendable {
        package let phase: ListenerProtocol.Phase
        /// The event that it has not answered yet.
        package let event: QueuedEvent?
    }

    package var isEmpty: Bool { listeners.isEmpty }

    /// The number that the next event of this pool gets.
    package var nextPoolSerial: UInt64 { nextSerial }

    package func look(at id: MemberID) -> Look? {
        listeners.first { $0.id == id }.map { Look(phase: $0.talk.phase, event: $0.event) }
    }

    package var members: [MemberID] { listeners.map(\.id) }

    /// The numbers of the events that it has, waiting or given to a listener.
    package var poolSerials: [UInt64] {
        (waiting + listeners.compactMap(\.event)).map(\.poolSerial)
    }
}
