// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Logs
import Platform
import Supervision

/// Reading and clearing logs.
extension Outlets {
    /// Streams a log: its last bytes, and with `follow` all that comes.
    mutating func stream(
        _ child: Child,
        _ channel: LogSource.Channel,
        bytes: Int,
        follow: Bool,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        let outlet = channel == .stdout ? child.stdout : child.stderr
        guard case .captured = outlet.kind, outlet.path != nil || follow else {
            receive(.failed(APIError(.noLogFile, "\(child.name) has no \(channel.rawValue) log")))
            receive(.ended)
            return
        }
        stream(outlet.id, bytes: bytes, follow: follow, credit, receive)
    }

    mutating func streamActivity(
        bytes: Int,
        follow: Bool,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        stream(.activity, bytes: bytes, follow: follow, credit, receive)
    }

    private mutating func stream(
        _ id: StreamID,
        bytes: Int,
        follow: Bool,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        guard follow else {
            logs.post(
                .readTail(id, bytes: bytes) { result in
                    switch result {
                    case .success(let tail):
                        receive(.opened)
                        if !tail.isEmpty { receive(.bytes(tail)) }
                    case .failure(let error): receive(.failed(APIError(error)))
                    }
                    receive(.ended)
                }
            )
            return
        }
        self.follow(id, .last(bytes), credit, receive)
    }

    // MARK: - Following

    /// Streams a log from where a client has come to.
    mutating func resume(
        _ child: Child,
        _ channel: LogSource.Channel,
        _ place: String,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        let outlet = channel == .stdout ? child.stdout : child.stderr
        guard case .captured = outlet.kind else {
            receive(.failed(APIError(.noLogFile, "\(child.name) has no \(channel.rawValue) log")))
            receive(.ended)
            return
        }
        follow(outlet.id, .after(LogPlace(place)), credit, receive)
    }

    mutating func resumeActivity(
        _ place: String,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        follow(.activity, .after(LogPlace(place)), credit, receive)
    }

    private mutating func follow(
        _ id: StreamID,
        _ start: FollowStart,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        nextFollower += 1
        let follower = FollowerID(rawValue: nextFollower)
        let logs = logs
        logs.post(
            .follow(follower, id, start) { update in
                switch update {
                case .began(let place, let isWhole):
                    if let place { receive(.position("\(place)", isWhole: isWhole)) }
                    receive(.opened)
                case .bytes(let bytes):
                    let room = credit.take(bytes.count)
                    if room > 0 {
                        receive(.bytes(room == bytes.count ? bytes : Array(bytes[..<room])))
                    }
                    if room < bytes.count { receive(.lost(bytes.count - room)) }
                case .ended: receive(.ended)
                }
            }
        )
        credit.whenCancelled { logs.post(.unfollow(follower)) }
    }

    /// Empties the logs of processes; `completion` is called when all are empty or have failed.
    mutating func clear(_ children: [Child], completion: @escaping ([CommandResult]) -> Void) {
        let clearing = Clearing(completion: completion)
        for child in children {
            let outlets = [child.stdout, child.stderr].filter {
                $0.path != nil && $0.channel != nil
            }
            clearing.results.append(
                CommandResult(name: child.name.process, group: child.name.group, action: .cleared)
            )
            for outlet in outlets { clear(outlet.id, for: clearing) }
        }
        if clearing.open == 0 { completion(clearing.results) }
    }

    /// Empties the activity log.
    mutating func clearActivity(completion: @escaping (APIError?) -> Void) {
        let clearing = Clearing { completion($0.first?.error) }
        clearing.results = [CommandResult(name: "", group: "", action: .cleared)]
        clear(.activity, for: clearing)
    }

    /// Has a log emptied for the last of the results.
    private mutating func clear(_ log: StreamID, for clearing: Clearing) {
        let token = makeToken()
        clearing.open += 1
        clearings[token] = (clearing, clearing.results.count - 1)
        logs.post(.clear(log, token))
    }

    /// Takes up what a log thread tells, and answers what is to be said of it.
    mutating func take(_ notice: LogNotice, _ children: [MemberID: Child]) -> Narrator.Line? {
        switch notice {
        case .trouble(.activity, let lostBytes, let text):
            let before = activity.trouble
            activity.lostBytes += lostBytes
            activity.trouble = text
            return LogTrouble(
                log: "the activity log",
                before: before,
                now: text,
                lostBytes: activity.lostBytes
            ).line
        case .trouble(let stream, let lostBytes, let text):
            guard let child = children[stream.member] else {
                left.lost(lostBytes, of: stream)
                return nil
            }
            return child.noteTrouble(text, lostBytes: lostBytes, of: stream)
        case .cleared(let token, let error):
            guard let (clearing, index) = clearings.removeValue(forKey: token) else { return nil }
            if let error { clearing.results[index].error = APIError(.failed, error) }
            clearing.open -= 1
            if clearing.open == 0 { cleared.append(clearing) }
        case .drained, .ended: break
        }
        return nil
    }

    /// What has been emptied since, for those who wait for it; who is answered may look at the
    /// outputs, so that cannot happen within `take`.
    mutating func takeCleared() -> [Clearing] {
        defer { cleared = [] }
        return cleared
    }

    /// Opens all logs anew; `completion` is called when that has been done by every thread, or when
    /// a disk does not answer, whose logs come later.
    mutating func reopen(completion: @escaping () -> Void) {
        let token = makeToken()
        reopenings[token] = (logs.reopen(token), completion)
    }

    /// A log thread has got so far; answers what is to be done once all of them have.
    mutating func hasReopened(_ token: LogToken) -> (() -> Void)? {
        guard let (open, completion) = reopenings.removeValue(forKey: token) else { return nil }
        guard open > 1 else { return completion }
        reopenings[token] = (open - 1, completion)
        return nil
    }

    /// A disk keeps a thread waiting: answers what is to be done for those who wait for it.
    mutating func takeReopenings() -> [() -> Void] {
        defer { reopenings = [:] }
        return reopenings.values.map(\.completion)
    }

    var activityInfo: ProcessInfo.Log { activity }
}

extension APIError {
    init(_ error: LogReadError) {
        switch error {
        case .unknownStream, .noLogFile: self.init(.noLogFile, "there is no log file")
        case .failed(let text): self.init(.failed, "cannot read the log: \(text)")
        }
    }
}
