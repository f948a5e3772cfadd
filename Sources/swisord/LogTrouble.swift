// SPDX-License-Identifier: Apache-2.0

import Logging
import Logs

/// A log that cannot be written, or can be again, in the words of the activity log.
struct LogTrouble {
    /// Which log, as in `the stdout log of web`.
    let log: String
    let before: String?
    let now: String?
    /// What has been lost since the daemon started.
    let lostBytes: UInt64
    /// Whether the program waits until the log can be written (`on_full: block`).
    var isWaitedFor = false

    /// The line, or nil when only more of the same has been lost: `status` counts.
    var line: Narrator.Line? {
        guard before != now else { return nil }
        if let now {
            return Narrator.Line(
                level: .error,
                text: isWaitedFor
                    ? "\(log) cannot be written, the program comes to wait: \(now)"
                    : "\(log) cannot be written, what it should hold is lost: \(now)"
            )
        }
        return Narrator.Line(
            level: .warning,
            text: "\(log) is written again; \(lostBytes) bytes have been lost so far"
        )
    }
}

extension Child {
    /// Takes up how one of the outputs fares, and answers what is to be said of it.
    func noteTrouble(
        _ text: String?,
        lostBytes: UInt64,
        of stream: StreamID
    ) -> Narrator.Line? {
        let isStdout = stream == stdout.id
        let before = isStdout ? stdout.trouble : stderr.trouble
        if isStdout {
            (stdout.lostBytes, stdout.trouble) = (lostBytes, text)
        } else {
            (stderr.lostBytes, stderr.trouble) = (lostBytes, text)
        }
        return LogTrouble(
            log: "the \(isStdout ? "stdout" : "stderr") log of \(name)",
            before: before,
            now: text,
            lostBytes: lostBytes,
            isWaitedFor: (isStdout ? stdout : stderr).isWaitedFor
        ).line
    }
}
