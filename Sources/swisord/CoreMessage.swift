// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logs
import Platform
import Supervision

/// Output of a program that is not only for its log.
enum Speech: Sendable {
    /// What an event listener answers, and for how many bytes of its output that stands.
    case answer([UInt8], of: Int)
    case output([UInt8], by: PID?)
    /// What stood between the tags of process communication.
    case message([UInt8], by: PID?)

    var count: Int {
        switch self {
        case .answer(let bytes, _), .output(let bytes, _), .message(let bytes, _): bytes.count
        }
    }
}

/// What other threads tell the core, through its one mailbox.
enum CoreMessage: Sendable {
    case request(Request, RequestKey?, Peer, reply: @Sendable (Response) -> Void)
    /// The answer to a request with a key.
    case settled(RequestKey, Response)
    case stream(
        StreamRequest,
        Peer,
        StreamCredit,
        receive: @Sendable (StreamEvent) -> Void
    )
    case log(LogNotice)
    /// What a program has written, and the credit that it was taken from; nil for what is still in its
    /// pipe.
    case said(StreamID, Speech, StreamCredit?)
    case trees(TreeThread.News)
    /// The marks of orphans, which an earlier manager may have known.
    case marks(Set<String>)
    case configurationRead(ConfigurationReading)
    case note(level: LogLevel, text: String)
    /// A socket that the server listens on, as a descriptor that is the core's to close.
    case listening(Int32, StateStore.Descriptor)
    /// What an upgrade is to go over to, as a descriptor that is the core's to close.
    case executable(Result<Int32, SystemError>, reply: PendingReplies.Reply)
    case serverStopped
}
