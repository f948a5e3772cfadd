// SPDX-License-Identifier: Apache-2.0

import Supervision

/// Where bytes end up, and who follows them; streams with the same log file share one.
final class LogOutput {
    /// The ways that output can go.
    enum Sink {
        case discard
        case file(RotatingFile)
        /// `lines` is nil where bytes pass unaltered.
        case inherit(InheritedOutput, lines: PrefixedLines?)
        case syslog(SyslogSink)
    }

    let sink: Sink
    var followers = Followers()
    /// How many streams write to it.
    var users = 0

    init(_ sink: Sink) {
        self.sink = sink
    }

    /// Writes the bytes and tells the followers; answers how many were lost.
    func accept(_ bytes: ArraySlice<UInt8>, at now: Instant) -> Int {
        followers.tell(bytes)
        switch sink {
        case .discard:
            return 0
        case .file(let file):
            return file.append(bytes, at: now)
        case .inherit(let output, let lines?):
            return offer(bytes, through: lines, to: output)
        case .inherit(let output, nil):
            return output.offer(Array(bytes))
        case .syslog(let sink):
            return sink.append(bytes)
        }
    }

    /// In small pieces, since prefixes can make much of little.
    private func offer(
        _ bytes: ArraySlice<UInt8>,
        through lines: PrefixedLines,
        to output: InheritedOutput
    ) -> Int {
        var rest = bytes
        var lost = 0
        while !rest.isEmpty {
            let piece = rest.prefix(4096)
            lost += output.offer(lines.feed(piece))
            rest = rest.dropFirst(piece.count)
        }
        return lost
    }

    /// Writes what was held back for want of a line end; answers how many bytes were lost.
    func finish() -> Int {
        switch sink {
        case .discard, .file, .inherit(_, nil): 0
        case .inherit(let output, let lines?): output.offer(lines.finish())
        case .syslog(let sink): sink.finish()
        }
    }

    /// What is wrong now, in one line.
    var trouble: String? {
        switch sink {
        case .discard: nil
        case .file(let file): file.trouble
        case .inherit(let output, _): output.trouble
        case .syslog(let sink): sink.trouble
        }
    }

    /// The log file, where there is one.
    var file: RotatingFile? {
        if case .file(let file) = sink { file } else { nil }
    }
}

/// Whole lines with the program's name before each, as they go to a shared descriptor.
final class PrefixedLines {
    private let prefix: [UInt8]
    private var splitter = LineSplitter(limit: 64 * 1024)

    init(prefix: String) {
        self.prefix = Array(prefix.utf8)
    }

    /// The lines that are complete with these bytes.
    func feed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var lines: [UInt8] = []
        splitter.feed(bytes) { add($0, to: &lines) }
        return lines
    }

    /// The line that was never completed, as one.
    func finish() -> [UInt8] {
        var lines: [UInt8] = []
        splitter.finish { add($0, to: &lines) }
        return lines
    }

    private func add(_ line: ArraySlice<UInt8>, to lines: inout [UInt8]) {
        lines += prefix
        lines += line
        lines.append(0x0A)
    }
}
