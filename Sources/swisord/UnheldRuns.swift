// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The live runs that were taken back and are still to be held, by descriptors of their processes.
///
/// That is of use only once the guardian has died, and for a thousand takes milliseconds in which a
/// client would wait for a processor. So the first few are held at once, the others after a pause.
struct UnheldRuns {
    private var members: ArraySlice<MemberID> = []
    private var hasPaused = false
    /// When the next are to be held; nil when all are.
    private(set) var due: Instant?

    private static let share = 32
    private static let pause = Duration.milliseconds(20)

    var isEmpty: Bool { members.isEmpty }

    mutating func add(_ id: MemberID, at now: Instant) {
        members.append(id)
        due = due ?? now
    }

    /// Takes the next few, if they are due.
    mutating func take(at now: Instant) -> ArraySlice<MemberID> {
        guard let due, due <= now else { return [] }
        let some = members.prefix(Self.share)
        members = members.dropFirst(some.count)
        self.due = members.isEmpty ? nil : hasPaused ? now : now.advanced(by: Self.pause)
        hasPaused = true
        return some
    }
}
