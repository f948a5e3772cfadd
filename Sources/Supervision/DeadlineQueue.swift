// SPDX-License-Identifier: Apache-2.0

private import HeapModule

/// The deadlines of a fleet, earliest first, as hints that are checked before they count.
///
/// The truth is each machine's own `deadline`; an entry that no longer agrees with it is stale
/// and dropped when it comes up. So nothing is ever cancelled here, and entering is O(log n).
struct DeadlineQueue: Sendable {
    struct Entry: Comparable, Sendable {
        let at: Instant
        let id: MemberID

        static func < (left: Entry, right: Entry) -> Bool {
            (left.at, left.id.rawValue) < (right.at, right.id.rawValue)
        }
    }

    private var heap = Heap<Entry>()

    mutating func enter(_ id: MemberID, at instant: Instant) {
        heap.insert(Entry(at: instant, id: id))
    }

    /// The earliest entry that `isCurrent` confirms; stale ones before it are dropped.
    mutating func earliest(where isCurrent: (Entry) -> Bool) -> Entry? {
        while let entry = heap.min {
            if isCurrent(entry) { return entry }
            heap.removeMin()
        }
        return nil
    }

    mutating func removeEarliest() {
        _ = heap.popMin()
    }
}
