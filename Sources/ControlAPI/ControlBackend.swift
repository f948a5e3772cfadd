// SPDX-License-Identifier: Apache-2.0

/// Who is asking, from SO_PEERCRED.
package struct Peer: Hashable, Sendable {
    package let pid: Int32
    package let uid: UInt32
    package let gid: UInt32

    package init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
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
