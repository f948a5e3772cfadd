// SPDX-License-Identifier: Apache-2.0

import Logs
import Supervision

/// Pipes that nobody gets any more and that log threads have yet to read to the end.
///
/// On a disk that hangs that takes as long as it hangs. Until then the guardian keeps their readers,
/// so that a manager that follows this one reads on.
struct LeftPipes {
    /// What is of no use any more.
    enum Finished: Hashable {
        /// The pipe that an output had before its present one.
        case pipe(StreamID)
        /// All that was kept of a member that is gone.
        case member(MemberID, OutputLosses)
    }

    private struct Member {
        var unread = 0
        /// Of one that is gone, its name and what has been lost of its output.
        var gone: OutputLosses?
    }

    private var streams: [LogToken: StreamID] = [:]
    private var latest: [StreamID: LogToken] = [:]
    private var members: [MemberID: Member] = [:]

    /// The names of those that are gone and not read to the end.
    var goneNames: Set<ProcessName> { Set(members.values.compactMap(\.gone?.name)) }

    /// A log thread has been told to read the pipe of a stream to the end, and answers by a token.
    mutating func leave(_ stream: StreamID, answeredBy token: LogToken) {
        streams[token] = stream
        latest[stream] = token
        members[stream.member, default: Member()].unread += 1
    }

    /// Whether all have been read.
    var isEmpty: Bool { members.isEmpty }

    /// A member is gone and has left its last pipes; answers whether all have been read.
    mutating func end(_ id: MemberID, _ losses: OutputLosses) -> Bool {
        guard members[id] != nil else { return true }
        members[id]?.gone = losses
        return false
    }

    /// Some of what was in the pipes of one that may be gone could not be written.
    mutating func lost(_ bytes: UInt64, of stream: StreamID) {
        members[stream.member]?.gone?.add(bytes, isError: stream.isError)
    }

    /// Takes up an answer of a log thread.
    mutating func answered(_ token: LogToken) -> Finished? {
        guard let stream = streams.removeValue(forKey: token),
            var member = members[stream.member]
        else { return nil }
        member.unread -= 1
        members[stream.member] = member.unread > 0 ? member : nil
        // Of an output that has left another pipe since, that one is kept in its place.
        let isLatest = latest[stream] == token
        if isLatest { latest[stream] = nil }
        guard let gone = member.gone else { return isLatest ? .pipe(stream) : nil }
        return member.unread == 0 ? .member(stream.member, gone) : nil
    }
}
