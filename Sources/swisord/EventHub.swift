// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Those who listen to state changes, and the notes they are sent.
struct EventHub {
    private struct Listener {
        let credit: StreamCredit
        let receive: @Sendable (StreamEvent) -> Void
    }

    private var listeners: [Listener] = []
    private var serial: UInt64

    /// Begins to count beyond what an earlier manager can have counted.
    ///
    /// - Parameter start: The how-manieth manager of this guardian it is, from 1.
    init(start: Int = 1) {
        serial = UInt64(max(0, start - 1)) * Self.mostOfOneManager
    }

    private static let mostOfOneManager: UInt64 = 1_000_000_000

    mutating func add(
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        receive(.opened)
        listeners.append(Listener(credit: credit, receive: receive))
    }

    /// Numbers a note and sends it to everybody; a listener without room loses it, and is told.
    mutating func publish(_ make: (UInt64) -> EventNote) {
        serial += 1
        listeners.removeAll { $0.credit.isCancelled }
        guard !listeners.isEmpty else { return }
        guard let bytes = try? make(serial).serverSentEvent() else { return }
        for listener in listeners {
            let taken = listener.credit.take(bytes.count)
            if taken == bytes.count {
                listener.receive(.bytes(bytes))
            } else {
                listener.credit.giveBack(taken)
                listener.receive(.lost(bytes.count))
            }
        }
    }

    /// Ends every stream, as the daemon goes.
    mutating func end() {
        for listener in listeners { listener.receive(.ended) }
        listeners = []
    }
}
