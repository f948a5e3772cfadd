// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOHTTP1

/// One request that is being answered.
struct Exchange {
    /// Tells late answers to an earlier request from those to this one.
    let serial: UInt64
    let version: HTTPVersion
    /// Whether the answer has no body: only its length is told.
    let isHead: Bool
    /// Whether the connection goes on afterwards.
    var keepsAlive: Bool

    init(serial: UInt64, head: HTTPRequestHead) {
        self.serial = serial
        version = head.version
        isHead = head.method == .HEAD
        // What asks for another protocol is answered in this one, and that was all.
        keepsAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
    }

    /// For what is refused before there is a head.
    init(serial: UInt64) {
        self.serial = serial
        version = .http1_1
        isHead = false
        keepsAlive = false
    }
}

/// The sending half of a stream.
///
/// A class, because what is written may leave, and be counted, before the write returns.
final class StreamState {
    let credit: StreamCredit
    let isEvents: Bool
    /// Whether the status line has gone out.
    var isOpen = false
    /// Where in a log it begins, and whether that is not where it was to.
    var position: String?
    var hasGap = false
    /// Bytes given to the channel that have not left yet.
    var buffered = 0
    /// Bytes dropped that the client has not been told of.
    var lost = 0

    init(credit: StreamCredit, isEvents: Bool) {
        self.credit = credit
        self.isEvents = isEvents
    }

    /// What stands in the stream where bytes are missing.
    func marker(lost: Int) -> [UInt8] {
        let text = "swisord: \(lost) bytes lost: the client was too slow"
        if isEvents {
            return ServerSentEvent(event: "lost", data: #"{"bytes":\#(lost)}"#).encoded
        }
        return Array("\n==> \(text) <==\n".utf8)
    }
}
