// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform
import Supervision

/// Requests with a key: carried out once, however often they are sent.
extension Daemon {
    /// Carries a request out, unless it is known by its key.
    func take(
        _ request: Request,
        _ key: RequestKey?,
        from peer: Peer,
        _ reply: @escaping PendingReplies.Reply
    ) {
        guard let key else {
            handle(request, nil, from: peer, reply)
            return
        }
        guard ledger.begin(key, request.verb, reply) else { return }
        handle(request, key, from: peer, settling(key))
    }

    /// What has the answer written down before it goes out.
    private func settling(_ key: RequestKey) -> PendingReplies.Reply {
        let core = core
        return { core.post(.settled(key, $0)) }
    }

    /// Writes down what has become of requests that wait, before the effects of it are run.
    ///
    /// One for many processes is written whole before its first effect and then only now and then:
    /// each of them would write the rest of them again. What was not written is seen by the states
    /// of the processes, which are.
    func recordRequests() {
        for (ticket, request) in keyed {
            guard fleet.isWaiting(ticket) else {
                // Its answer is among the effects that follow.
                keyed[ticket] = nil
                continue
            }
            guard request.isDue(at: now), let progress = fleet.progress(of: ticket) else {
                continue
            }
            ledger.note(progress, of: request.key)
            keyed[ticket]?.wasNoted(progress, at: now)
        }
    }

    /// Goes on with what the manager before this one has left unfinished.
    ///
    /// - Parameter isResumption: Whether the members are those of that manager, as it left them.
    func resumeRequests(isResumption: Bool) {
        for request in ledger.load() {
            let key = request.key
            switch (request.progress, request.verb) {
            case (.waiting(let waits, let outcomes), _) where isResumption:
                let ticket = replies.park(settling(key))
                keyed[ticket] = KeyedRequest(key: key)
                fleet.resume(waits, outcomes, ticket: ticket, at: now)
            // Asked again, they find done what was done.
            case (_, Request.shutdown.verb), (_, Request.reopenLogs.verb): ledger.forget(key)
            case (_, Request.upgrade(path: nil).verb): upgrading.append(key)
            case (.begun, _), (.waiting, _), (.answered, _):
                ledger.settle(key, .failure(.unknownOutcome))
            }
        }
        runEffects()
    }
}

/// A request with a key that the fleet works on, and when it is to be written down next.
struct KeyedRequest {
    let key: RequestKey
    private var nextNote: Instant?

    init(key: RequestKey) {
        self.key = key
    }

    func isDue(at now: Instant) -> Bool { nextNote.map { now >= $0 } ?? true }

    mutating func wasNoted(_ progress: RequestRecord.Progress, at now: Instant) {
        guard case .waiting(let waits, _) = progress, waits.count > Self.few else {
            nextNote = nil
            return
        }
        nextNote = now.advanced(by: Self.pause)
    }

    /// So many are written with each change.
    private static let few = 16
    private static let pause = Duration.milliseconds(50)
}

extension Request {
    /// The word for what is asked, in records.
    var verb: String {
        switch self {
        case .programs, .trees, .daemon, .plan, .readLog, .available: "question"
        case .start: "start"
        case .stop: "stop"
        case .restart: "restart"
        case .signal: "signal"
        case .clear: "clear"
        case .sendInput: "send-input"
        case .clearDaemonLog: "clear-daemon-log"
        case .add: "add"
        case .remove: "remove"
        case .reload: "reload"
        case .restartAll: "restart-all"
        case .apply: "apply"
        case .shutdown: "shutdown"
        case .reopenLogs: "reopen-logs"
        case .upgrade: "upgrade"
        case .emit: "emit"
        }
    }
}
