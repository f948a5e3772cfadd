// SPDX-License-Identifier: Apache-2.0

import Logs
import Platform
import Supervision

/// Reading what a program wrote last before anything is made of its end.
///
/// It may have ended in the middle of a message or of a colour, and what its next run writes is not
/// the rest of that. Until it has been read the end is not acknowledged: to a manager that follows
/// this one it is told again, and there is no next run.
struct LastWords {
    let child: ReapedChild
    fileprivate let id: MemberID
    fileprivate var tokens: Set<LogToken>
    fileprivate let since: Instant
    /// When to look whether a disk has come in between.
    fileprivate(set) var next: Instant

    fileprivate static let interval = Duration.milliseconds(100)
    /// Who writes so much that this takes longer may have his colours mixed up.
    fileprivate static let longest = Duration.seconds(1)
}

extension Daemon {
    /// Whether the end of a child has to wait for what it wrote last.
    func awaitsLastWords(of child: ReapedChild) -> Bool {
        // By anybody else the end is told only once.
        guard case .guardian = exits, let id = members[child.pid], let own = children[id] else {
            return false
        }
        let tokens = outlets.finish(own, at: now)
        guard !tokens.isEmpty else { return false }
        let next = now.advanced(by: LastWords.interval)
        lastWords = LastWords(child: child, id: id, tokens: tokens, since: now, next: next)
        return true
    }

    /// The child whose last words have been read, or are not waited for any longer.
    func takeHeard() -> ReapedChild? {
        guard let words = lastWords else { return nil }
        if !words.tokens.isEmpty {
            guard words.next <= now else { return nil }
            let isSlow = children[words.id].map { outlets.keepsWaiting($0, at: now) } ?? true
            if !isSlow, now.duration(since: words.since) < LastWords.longest {
                lastWords?.next = now.advanced(by: LastWords.interval)
                return nil
            }
        }
        lastWords = nil
        return words.child
    }

    /// A log thread has read so far.
    func hasRead(_ token: LogToken) {
        guard lastWords?.tokens.remove(token) != nil else { return }
        if lastWords?.tokens.isEmpty == true { isReaping = true }
    }
}
