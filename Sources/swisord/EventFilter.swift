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
