// SPDX-License-Identifier: Apache-2.0

import Logs
import Platform
import Supervision

/// Reading what programs wrote last before anything is made of their ends.
///
/// One may have ended in the middle of a message or of a colour, and what its next run writes is not
/// the rest of that. Until it has been read its end is not acknowledged: to a manager that follows
/// this one it is told again, and there is no next run. So what is told of its end also comes after
/// all that is told of its words.
struct LastWords {
    /// Who has ended.
    enum Speaker {
        /// A child, of whom nothing more is told before it has been acknowledged.
        case child(ReapedChild)
        /// One whose descriptor tells its end.
        case survivor(ExitStatus)
    }

    fileprivate struct Entry {
        let id: MemberID
        let speaker: Speaker
        var tokens: Set<LogToken>
        let since: Instant
        /// When to look whether a disk has come in between.
        var next: Instant
    }

    fileprivate var entries: [Entry] = []

    fileprivate static let interval = Duration.milliseconds(100)
    /// Who writes so much that this takes longer may have his colours mixed up.
    fileprivate static let longest = Duration.seconds(1)

    /// Whether nobody is waited for.
    var isEmpty: Bool { entries.isEmpty }

    /// Whether one is waited for that keeps all other children from being told.
    var hasChild: Bool {
        entries.contains { if case .child = $0.speaker { true } else { false } }
    }

    /// When to look again; nil when nobody is waited for.
    var next: Instant? { entries.map(\.next).min() }

    /// The guardian has gone: its children are survivors from now on, who tell their ends themselves.
    mutating func forgetChildren() {
        entries.removeAll { if case .child = $0.speaker { true } else { false } }
    }
}

extension Daemon {
    /// Whether the end of a process has to wait for what it wrote last.
    func awaitsLastWords(of speaker: LastWords.Speaker, _ id: MemberID?) -> Bool {
        guard let id, let child = children[id] else { return false }
        let tokens = outlets.finish(child, at: now)
        guard !tokens.isEmpty else { return false }
        lastWords.entries.append(
            LastWords.Entry(
                id: id,
                speaker: speaker,
                tokens: tokens,
                since: now,
                next: now.advanced(by: LastWords.interval)
            )
        )
        return true
    }

    /// Deals with the ends of those whose last words have been read, or are not waited for any longer.
    func takeHeard() {
        var heard: [LastWords.Entry] = []
        var waiting: [LastWords.Entry] = []
        for var entry in lastWords.entries {
            if isHeard(&entry) { heard.append(entry) } else { waiting.append(entry) }
        }
        lastWords.entries = waiting
        for entry in heard {
            switch entry.speaker {
            case .child(let child): take(child)
            case .survivor(let status): bury(entry.id, status)
            }
        }
    }

    private func isHeard(_ entry: inout LastWords.Entry) -> Bool {
        if entry.tokens.isEmpty { return true }
        guard entry.next <= now else { return false }
        let isSlow = children[entry.id].map { outlets.keepsWaiting($0, at: now) } ?? true
        if isSlow || now.duration(since: entry.since) >= LastWords.longest { return true }
        entry.next = now.advanced(by: LastWords.interval)
        return false
    }

    /// A log thread has read so far.
    func hasRead(_ token: LogToken) {
        for index in lastWords.entries.indices
        where lastWords.entries[index].tokens.remove(token) != nil {
            if lastWords.entries[index].tokens.isEmpty { isReaping = true }
        }
    }
}
