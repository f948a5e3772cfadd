// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// The last notes of the stream of events, for clients that were cut off.
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

    private var entries: [Entry] = []
    private var size = 0
    /// The serial of the last note; before the first, where the numbers begin.
    private(set) var last: UInt64
    /// Where the numbers begin.
    let first: UInt64

    /// All that is remembered fits into what may wait for one client.
    private static let mostBytes = 128 * 1024
    /// What a note takes on the wire beside its payload.
    private static let overhead = 256

    init(last: UInt64) {
        self.last = last
        first = last
    }

    /// Takes in the next note.
    mutating func add(_ topic: EventTopic, _ make: (UInt64) -> EventNote) -> EventNote {
        last += 1
        let note = make(last)
        entries.append(Entry(topic: topic, note: note))
        size += Self.size(of: note)
        if size > Self.mostBytes { forget() }
        return note
    }

    /// Forgets a quarter at a time, so that one note does not move all others.
    private mutating func forget() {
        var count = 0
        while size > Self.mostBytes * 3 / 4, count < entries.count {
            size -= Self.size(of: entries[count].note)
            count += 1
        }
        entries.removeFirst(count)
    }

    private static func size(of note: EventNote) -> Int {
        overhead + (note.payload?.utf8.count ?? 0)
    }

    /// What came after a note, and whether something is missing in between.
    ///
    /// - Parameter serial: The last one that the client has. One that has not been given yet is of
    ///   another life, as is one from before the first: all that is known comes then.
    /// - Returns: The notes in order, and what is missing before the first of them.
    func entries(after serial: UInt64) -> (ArraySlice<Entry>, Gap?) {
        let first = entries.first?.note.serial ?? last + 1
        guard (first - 1...last).contains(serial) else {
            return (entries[...], Gap(after: serial, before: first))
        }
        return (entries.dropFirst(Int(serial - (first - 1))), nil)
    }
}
