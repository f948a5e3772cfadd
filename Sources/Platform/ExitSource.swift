// SPDX-License-Identifier: Apache-2.0

package import Supervision

/// Where the exits of programs are learnt from: this process is their parent, or its guardian is.
///
/// An exit is told once and its pid stays the program's own until it is acknowledged, so that
/// nothing that is done about it can hit a stranger.
package enum ExitSource {
    /// Programs are children of this process.
    case children
    /// Programs are children of the guardian, which tells of their exits.
    case guardian(GuardianLink)

    /// What is told of a program.
    package enum News: Hashable, Sendable {
        /// It has ended, and stays a zombie until it is acknowledged.
        case ended(ReapedChild)
        /// Its pid belongs to nobody any more: what it led can be looked at now.
        case collected(PID)
    }

    /// The next piece of news, without waiting for one.
    package func next() -> News? {
        switch self {
        case .children: Reaper.look().map(News.ended)
        case .guardian(let link): link.next()
        }
    }

    /// Says that all that an exit means has been recorded.
    ///
    /// - Returns: Whether the process is collected now; else `collected` follows.
    package func acknowledge(_ pid: PID) -> Bool {
        switch self {
        case .children:
            _ = Reaper.reap(pid: pid)
            return true
        case .guardian(let link):
            link.acknowledge(pid)
            return false
        }
    }

    /// Whether somebody may have ended of whom nothing has been told yet, but will be.
    package var expectsMore: Bool {
        if case .guardian(let link) = self { link.expectsMore && !link.isGone } else { false }
    }

    /// Whether new programs are to be made as children of the guardian.
    package var makesSiblings: Bool {
        if case .guardian = self { true } else { false }
    }
}
