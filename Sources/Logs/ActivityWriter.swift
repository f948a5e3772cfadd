// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The log thread's end of the activity log: where lines go, and what happens before it is open.
struct ActivityWriter {
    private var stream: LogStream?
    private var echo: InheritedOutput?
    /// Lines from before the log was opened.
    private var early: [[UInt8]] = []
    private var refused: UInt64 = 0

    private static let earlyLimit = 8192

    /// Writes to this stream from now on, beginning with the lines that were kept.
    mutating func open(_ stream: LogStream, echo: InheritedOutput?) {
        self.stream = stream
        self.echo = echo
    }

    /// Writes lines, the early ones first.
    ///
    /// `refused` is how many lines the mailbox had no room for, since the beginning.
    mutating func write(_ lines: [[UInt8]], refused: UInt64, at now: Instant) {
        guard let stream else {
            early += lines.prefix(Self.earlyLimit - early.count)
            return
        }
        var batch = early + lines
        early = []
        if refused > self.refused {
            let text =
                "\(refused - self.refused) lines of this log were lost: its disk was too slow"
            batch.append(ActivityLine(.warn, text).bytes)
            self.refused = refused
        }
        guard !batch.isEmpty else { return }
        stream.output.file?.prepare(at: now)
        let bytes = Array(batch.joined())
        stream.append(bytes, at: now)
        if let echo { _ = echo.offer(bytes) }
    }
}
