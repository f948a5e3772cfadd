// SPDX-License-Identifier: Apache-2.0

import Logs
import Supervision

/// Events that wait until the output of a program has been told that came before them.
///
/// A log thread reads what a program wrote last, and may have it a moment after its exit is known.
/// A disk that does not answer is not waited for.
struct HeldAnnouncements {
    struct Entry {
        let announcement: Announcement
        /// How a process ended, for one that has.
        let exit: String?
    }

    private var tokens: Set<LogToken> = []
    private var entries: [Entry] = []
    /// When they wait no longer; nil when none do.
    private(set) var deadline: Instant?

    private static let longest = Duration.milliseconds(100)

    /// Has all that is announced from now on wait for these answers of log threads.
    mutating func wait(for tokens: [LogToken], at now: Instant) {
        guard !tokens.isEmpty else { return }
        self.tokens.formUnion(tokens)
        deadline = deadline ?? now.advanced(by: Self.longest)
    }

    /// Keeps an event if there is something to wait for; answers whether it did.
    mutating func keep(_ announcement: Announcement, exit: String?) -> Bool {
        guard deadline != nil, !announcement.isOutput else { return false }
        entries.append(Entry(announcement: announcement, exit: exit))
        return true
    }

    /// Takes up an answer, and gives back what need not wait any more.
    mutating func answered(_ token: LogToken) -> [Entry] {
        tokens.remove(token)
        return tokens.isEmpty ? takeAll() : []
    }

    /// Gives back what has waited long enough.
    mutating func reach(_ now: Instant) -> [Entry] {
        guard let deadline, deadline <= now else { return [] }
        return takeAll()
    }

    mutating func takeAll() -> [Entry] {
        defer { (tokens, entries, deadline) = ([], [], nil) }
        return entries
    }
}

extension Announcement {
    /// Whether it tells what a program has written.
    fileprivate var isOutput: Bool {
        switch self {
        case .log, .communication: true
        case .processState, .remote, .daemonIsRunning, .daemonIsStopping, .tick, .groupAdded,
            .groupRemoved:
            false
        }
    }
}
