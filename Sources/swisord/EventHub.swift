// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Supervision

/// What a note on the stream of events is about, for those who want only some.
enum EventTopic: Hashable {
    case event(EventType)
    case reload

    /// Whether it is something that a program has written.
    var isOutput: Bool {
        switch self {
        case .event(let type): EventType.processLog.covers(type)
        case .reload: false
        }
    }
}

/// Which topics a stream is to have.
struct EventFilter {
    private let types: Set<EventType>
    private let hasReloads: Bool

    /// What comes when nothing is said: all but what would never end.
    private static let usual = Set(EventType.event.concreteTypes)
        .subtracting(EventType.tick.concreteTypes)
        .subtracting(EventType.processLog.concreteTypes)

    /// - Parameter names: supervisord's names in any case, or `RELOAD`; none for what is usual.
    /// - Throws: `bad_request` for a name that is none.
    init(_ names: [String]) throws(APIError) {
        var types = names.isEmpty ? Self.usual : []
        var hasReloads = names.isEmpty
        for name in names {
            if name.uppercased() == "RELOAD" {
                hasReloads = true
            } else if let type = EventType(named: name) {
                types.formUnion(type.concreteTypes)
                if type == .event { hasReloads = true }
            } else {
                throw APIError(
                    .badRequest,
                    "'\(name)' is no type of events",
                    hint: "EVENT stands for all of them"
                )
            }
        }
        self.types = types
        self.hasReloads = hasReloads
    }

    /// Whether what programs write is wanted.
    var hasOutput: Bool { !types.isDisjoint(with: EventType.processLog.concreteTypes) }

    func has(_ topic: EventTopic) -> Bool {
        switch topic {
        case .event(let type): types.contains(type)
        case .reload: hasReloads
        }
    }
}

/// Those who follow the stream of events, the notes they are sent, and the last of those.
///
/// A client that was cut off names the last note that it has, and gets what came since. What is not
/// remembered any more is told as lost.
struct EventHub {
    private struct Listener {
        let filter: EventFilter
        let credit: StreamCredit
        let receive: @Sendable (StreamEvent) -> Void
    }

    private var listeners: [Listener] = []
    private var history: EventHistory

    /// - Parameter time: The time of day. Serials begin with it, so that none is used twice, by
    ///   whichever manager or daemon: a cursor of another life is known as one.
    init(openedAt time: Double) {
        let first = UInt64(max(0, time * 1000)) << Self.bitsOfMillisecond
        history = EventHistory(last: first)
    }

    /// Where the numbers begin; no note has this one.
    var firstSerial: UInt64 { history.first }

    /// More notes than this in each millisecond of a life would run into the next one's numbers.
    private static let bitsOfMillisecond = 12

    mutating func add(
        _ selection: EventSelection,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        let filter: EventFilter
        do throws(APIError) {
            filter = try EventFilter(selection.types)
        } catch {
            receive(.failed(error))
            receive(.ended)
            return
        }
        let listener = Listener(filter: filter, credit: credit, receive: receive)
        receive(.opened)
        if let after = selection.after { replay(to: listener, after: after) }
        listeners.append(listener)
    }

    private func replay(to listener: Listener, after: UInt64) {
        let (entries, gap) = history.entries(after: after, listener.filter)
        if let gap { send(gap.serverSentEvent, to: listener) }
        for entry in entries {
            guard let bytes = try? entry.note.serverSentEvent() else { continue }
            send(bytes, to: listener)
        }
    }

    /// Numbers a note and sends it to everybody; a listener without room loses it, and is told.
    mutating func publish(_ topic: EventTopic, _ make: (UInt64) -> EventNote) {
        let note = history.add(topic, make)
        listeners.removeAll { $0.credit.isCancelled }
        let interested = listeners.filter { $0.filter.has(topic) }
        guard !interested.isEmpty, let bytes = try? note.serverSentEvent() else { return }
        for listener in interested { send(bytes, to: listener) }
    }

    private func send(_ bytes: [UInt8], to listener: Listener) {
        let taken = listener.credit.take(bytes.count)
        if taken == bytes.count {
            listener.receive(.bytes(bytes))
        } else {
            listener.credit.giveBack(taken)
            listener.receive(.lost(bytes.count))
        }
    }

    /// Whether anybody wants events of that type.
    func wants(_ type: EventType) -> Bool {
        listeners.contains { !$0.credit.isCancelled && $0.filter.has(.event(type)) }
    }

    /// Ends every stream, as the daemon goes.
    mutating func end() {
        for listener in listeners { listener.receive(.ended) }
        listeners = []
    }
}
