// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Supervision

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
