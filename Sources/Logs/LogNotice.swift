// SPDX-License-Identifier: Apache-2.0

/// What a log thread has to tell the daemon.
package enum LogNotice: Hashable, Sendable {
    /// How a stream's log fares, on each change, at most once a second for a stream.
    ///
    /// `lostBytes` is what has been lost since the notice before. A `text` of nil says that the log
    /// is in order again; else it says what failed, as in `write /x.log: No space left on device`.
    case trouble(StreamID, lostBytes: UInt64, text: String?)
    case drained(LogToken)
    /// The log is empty, or why it is not.
    case cleared(LogToken, error: String?)
    /// The thread has carried out `shutdown`; nothing comes after this.
    case ended
}
