// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// The last notes of the stream of events, for clients that were cut off.
///
/// What programs write is remembered apart: one that writes without end would have everything else
/// forgotten.
struct EventHistory {
    struct Entry {
        let topic: EventTopic
        let note: EventNote
    }

    /// Serials between which there is nothing left to be had.
    struct Gap: Hashable {
        let after: UInt64
        let before: UInt64

        /// What a client is told of it.
        var serverSentEvent: [UInt8] {
            let data = #"{"after":\#(after),"before":\#(before)}"#
            return ServerSentEvent(event: "lost", data: data).encoded
        }
    }

    private var usual: Ring
    private var output: Ring
    /// The serial of the last note; before the first, where the numbers begin.
    private(set) var last: UInt64
    /// Where the numbers begin.
    let first: UInt64

    init(last: UInt64) {
        self.last = last
        first = last
        usual = Ring(forgotten: last)
        output = Ring(forgotten: last)
    }

    /// Takes in the next note.
    mutating func add(_ topic: EventTopic, _ make: (UInt64) -> EventNote) -> EventNote {
        last += 1
        let note = make(last)
        if topic.isOutput {
            output.add(Entry(topic: topic, note: note))
        } else {
            usual.add(Entry(topic: topic, note: note))
        }
        return note
    }

    /// What came after a note of what a client wants, and whether something of it is missing.
    ///
    /// - Parameters:
    ///   - serial: The last one that the client has. One that has not been given yet is of another
    ///     life, as is one from before the first: all that is known comes then.
    ///   - filter: What it wants.
    /// - Returns: The notes in order, and what is missing before the last of them.
    func entries(after serial: UInt64, _ filter: EventFilter) -> ([Entry], Gap?) {
        let rings = filter.hasOutput ? [usual, output] : [usual]
        let isOfThisLife = (first...last).contains(serial)
        let entries = rings.flatMap { $0.entries(after: isOfThisLife ? serial : first) }
            .sorted { $0.note.serial < $1.note.serial }
        let missing = rings.filter { !isOfThisLife || serial < $0.forgotten }
        let gap = missing.map { $0.entries.first?.note.serial ?? last + 1 }.max().map {
            Gap(after: serial, before: isOfThisLife ? $0 : entries.first?.note.serial ?? last + 1)
        }
        return (entries.filter { filter.has($0.topic) }, gap)
    }
}

/// Notes of which the oldest make room for new ones.
private struct Ring {
    private(set) var entries: [EventHistory.Entry] = []
    /// The last serial that was forgotten.
    private(set) var forgotten: UInt64
    private var size = 0

    /// All that is remembered fits into what may wait for one client.
    private static let mostBytes = 128 * 1024
    /// What a note takes on the wire beside its payload.
    private static let overhead = 256

    init(forgotten: UInt64) {
        self.forgotten = forgotten
    }

    mutating func add(_ entry: EventHistory.Entry) {
        entries.append(entry)
        size += Self.size(of: entry.note)
        if size > Self.mostBytes { forget() }
    }

    /// Forgets a quarter at a time, so that one note does not move all others.
    private mutating func forget() {
        var count = 0
        while size > Self.mostBytes * 3 / 4, count < entries.count {
            size -= Self.size(of: entries[count].note)
            forgotten = entries[count].note.serial
            count += 1
        }
        entries.removeFirst(count)
    }

    func entries(after serial: UInt64) -> ArraySlice<EventHistory.Entry> {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].note.serial <= serial { low = middle + 1 } else { high = middle }
        }
        return entries[low...]
    }

    private static func size(of note: EventNote) -> Int {
        overhead + (note.payload?.utf8.count ?? 0)
    }
}
