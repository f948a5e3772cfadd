// SPDX-License-Identifier: Apache-2.0

import Supervision

/// Changes of the configuration that are answered once what they stop has stopped.
///
/// Else `update` would say that a program has stopped while it still runs.
struct SettlingChanges {
    private struct Change {
        var stopping: Set<MemberID>
        let answer: () -> Void
    }

    private var changes: [Change] = []

    /// Answers when all of these have stopped; at once when there are none.
    mutating func wait(for stopping: Set<MemberID>, then answer: @escaping () -> Void) {
        if stopping.isEmpty {
            answer()
        } else {
            changes.append(Change(stopping: stopping, answer: answer))
        }
    }

    /// Notes that a process has stopped, or is gone altogether.
    mutating func stopped(_ id: MemberID) {
        guard !changes.isEmpty else { return }
        for index in changes.indices { changes[index].stopping.remove(id) }
        let settled = changes.filter(\.stopping.isEmpty)
        changes.removeAll(where: \.stopping.isEmpty)
        for change in settled { change.answer() }
    }
}
