// SPDX-License-Identifier: Apache-2.0

import Logging
import Logs
import Supervision

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
    ///
    /// `lostBytes` is what has been lost since that was told last.
    func noteTrouble(
        _ text: String?,
        lostBytes: UInt64,
        of stream: StreamID
    ) -> Narrator.Line? {
        let isStdout = stream == stdout.id
        let before = isStdout ? stdout.trouble : stderr.trouble
        if isStdout {
            stdout.noteTrouble(text, lostBytes: lostBytes)
        } else {
            stderr.noteTrouble(text, lostBytes: lostBytes)
        }
        let outlet = isStdout ? stdout : stderr
        return LogTrouble(
            log: "the \(isStdout ? "stdout" : "stderr") log of \(name)",
            before: before,
            now: text,
            lostBytes: outlet.lostBytes,
            isWaitedFor: outlet.isWaitedFor
        ).line
    }

    /// What has been lost of its output so far.
    var losses: OutputLosses {
        OutputLosses(name: name, stdout: stdout.lostBytes, stderr: stderr.lostBytes)
    }
}

extension Outlet {
    fileprivate mutating func noteTrouble(_ text: String?, lostBytes: UInt64) {
        self.lostBytes += lostBytes
        trouble = text
    }
}

/// What has been lost of what a process wrote, for the last word about it: whoever looks for it
/// later finds it in no status any more.
struct OutputLosses: Hashable {
    let name: ProcessName
    var stdout: UInt64 = 0
    var stderr: UInt64 = 0

    mutating func add(_ bytes: UInt64, isError: Bool) {
        if isError { stderr += bytes } else { stdout += bytes }
    }

    var lines: [Narrator.Line] {
        [("stdout", stdout), ("stderr", stderr)].filter { $0.1 > 0 }.map { channel, count in
            Narrator.Line(
                level: .warning,
                text: "the \(channel) log of \(name) is closed; \(count) bytes have been lost"
            )
        }
    }
}
