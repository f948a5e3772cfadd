// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform

/// The daemon as the control thread sees it: everything becomes a message to the core.
struct ControlBridge: ControlBackend {
    let core: Mailbox<CoreMessage>

    func submit(
        _ request: Request,
        key: RequestKey?,
        from peer: Peer,
        reply: @escaping @Sendable (Response) -> Void
    ) {
        if !core.post(.request(request, key, peer, reply: reply)) {
            reply(.failure(.coreOverloaded))
        }
    }

    func open(
        _ request: StreamRequest,
        from peer: Peer,
        credit: StreamCredit,
        receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        if !core.post(.stream(request, peer, credit, receive: receive)) {
            receive(.failed(.coreOverloaded))
            receive(.ended)
        }
    }
}

extension APIError {
    fileprivate static let coreOverloaded = APIError(
        .overloaded,
        "too many requests wait already",
        hint: "try again in a moment"
    )
}
