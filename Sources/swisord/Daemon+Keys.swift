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
    func recordRequests() {
        guard !keyed.isEmpty else { return }
        for (ticket, key) in keyed {
            if let progress = fleet.progress(of: ticket) {
                ledger.note(progress, of: key)
            } else {
                // Its answer is among the effects that follow.
                keyed[ticket] = nil
            }
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
                keyed[ticket] = key
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

extension Request {
    /// The word for what is asked, in records.
    var verb: String {
        switch self {
        case .programs, .trees, .daemon, .plan, .available: "question"
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
        case .apply: "apply"
        case .shutdown: "shutdown"
        case .reopenLogs: "reopen-logs"
        case .upgrade: "upgrade"
        }
    }
}
