// SPDX-License-Identifier: Apache-2.0

/// Who is asking.
package enum Peer: Hashable, Sendable {
    /// By the Unix socket: what the kernel says of him (SO_PEERCRED).
    case local(pid: Int32, uid: UInt32, gid: UInt32)
    /// By TCP: the user whose password he has given, nil where none is asked for.
    case remote(user: String?, address: String)
}

extension Peer: CustomStringConvertible {
    /// As it stands in the activity log.
    package var description: String {
        switch self {
        case .local(let pid, let uid, _): "uid \(uid), pid \(pid)"
        case .remote(let user?, let address): "user '\(user)' at \(address)"
        case .remote(nil, let address): "somebody at \(address)"
        }
    }
}

/// The daemon as the server sees it.
///
/// Calls come from the control thread and never block.
package protocol ControlBackend: Sendable {
    /// Takes a request; `reply` is called exactly once, from any thread, maybe much later.
    ///
    /// What comes with a `key` that is known already is carried out no second time: it gets the
    /// answer of the first.
    func submit(
        _ request: Request,
        key: RequestKey?,
        from peer: Peer,
        reply: @escaping @Sendable (Response) -> Void
    )

    /// Opens a stream; `receive` is called from any thread, `ended` last of all.
    ///
    /// The source reads `StreamCredit` before each delivery, and drops and counts what a slow
    /// client has no room for. Cancelling stops the deliveries.
    func open(
        _ request: StreamRequest,
        from peer: Peer,
        credit: StreamCredit,
        receive: @escaping @Sendable (StreamEvent) -> Void
    )
}

/// What a stream delivers.
package enum StreamEvent: Hashable, Sendable {
    /// Where in a log the first byte stands, in the daemon's words; before `opened`. Not `isWhole`
    /// where it was to begin elsewhere and that is gone.
    case position(String, isWhole: Bool)
    /// The stream exists; a refusal comes as `failed` instead, before anything else.
    case opened
    case bytes([UInt8])
    /// So many bytes were dropped because the client did not read.
    case lost(Int)
    /// The daemon was started again meanwhile: what was written just then may be missing.
    case resumed
    case failed(APIError)
    case ended
}
