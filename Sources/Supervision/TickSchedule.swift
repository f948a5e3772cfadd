// SPDX-License-Identifier: Apache-2.0

/// How often a tick comes.
package enum TickPeriod: Int, Hashable, Sendable, CaseIterable {
    case seconds5 = 5
    case seconds60 = 60
    case seconds3600 = 3600

    /// The type of the tick's event.
    package var eventType: EventType {
        switch self {
        case .seconds5: .tick5
        case .seconds60: .tick60
        case .seconds3600: .tick3600
        }
    }
}

/// When ticks are due, for the periods that somebody wants to hear of.
///
/// A tick tells the beginning of a slice of time: a multiple of its period since 1970. Slices that
/// were slept through are not made up. Without subscribers nothing is ever due, so that an idle
/// daemon is not woken.
package struct TickSchedule: Sendable {
    /// The slice that was told last, or that the subscription began in.
    private var slices: [TickPeriod: Int] = [:]

    package init() {}

    /// Whether anybody waits for a tick.
    package var isWanted: Bool { !slices.isEmpty }

    /// Takes up who is subscribed now; a period that is new begins with the slice that follows.
    package mutating func want(_ wanted: Set<TickPeriod>, at seconds: Double) {
        for period in TickPeriod.allCases {
            if !wanted.contains(period) {
                slices[period] = nil
            } else if slices[period] == nil {
                slices[period] = Self.slice(of: period, seconds)
            }
        }
    }

    /// The ticks that are due, each with the beginning of its slice.
    ///
    /// - Parameter seconds: The time of day, since 1970. When it was set back, the slice is another
    ///   one as well, and told.
    /// - Returns: The shortest period first.
    package mutating func take(at seconds: Double) -> [(period: TickPeriod, slice: Int)] {
        var due: [(TickPeriod, Int)] = []
        for period in TickPeriod.allCases {
            guard let last = slices[period] else { continue }
            let slice = Self.slice(of: period, seconds)
            guard slice != last else { continue }
            slices[period] = slice
            due.append((period, slice))
        }
        return due
    }

    /// How long it is until the next tick; nil when nobody waits for one.
    package func delay(at seconds: Double) -> Duration? {
        slices.keys.map { period in
            let next = Double(Self.slice(of: period, seconds) + period.rawValue)
            return .milliseconds(Int((max(0, next - seconds) * 1000).rounded(.up)))
        }.min()
    }

    private static func slice(of period: TickPeriod, _ seconds: Double) -> Int {
        Int(seconds / Double(period.rawValue)) * period.rawValue
    }
}
