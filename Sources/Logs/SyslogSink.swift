// SPDX-License-Identifier: Apache-2.0

private import Glibc
import Platform
import SystemPackage

/// Sends lines to the machine's syslog daemon, and keeps up with its restarts.
final class SyslogSink {
    let tag: String
    private let path: String
    private var socket: DescriptorBox?
    private var splitter = LineSplitter(limit: 8 * 1024)
    private(set) var trouble: String?

    static let standardPath = "/dev/log"
    /// user.info, which is what supervisord sends.
    private static let priority = 14
    /// How long one batch may wait for a syslog daemon that is behind.
    private static let patience: Int32 = 20

    init(tag: String, path: String = SyslogSink.standardPath) {
        self.tag = tag
        self.path = path
    }

    /// Sends each whole line; answers how many bytes were lost.
    func append(_ bytes: ArraySlice<UInt8>) -> Int {
        var batch = Batch(sink: self)
        splitter.feed(bytes) { batch.send($0) }
        return batch.lost
    }

    /// Sends what was held back for want of a line end.
    func finish() -> Int {
        var batch = Batch(sink: self)
        splitter.finish { batch.send($0) }
        return batch.lost
    }

    /// The lines of one call share the time they may wait.
    private struct Batch {
        let sink: SyslogSink
        var lost = 0
        var mayWait = true
        lazy var head = Array(
            "<\(priority)>\(syslogStamp(WallClock.activityStamp(WallClock.now()))) \(sink.tag): "
                .utf8
        )

        mutating func send(_ line: ArraySlice<UInt8>) {
            // Neither a C string nor an empty message can be had at the other end.
            let text = line.filter { $0 != 0 && $0 != 0x0D }
            guard !text.isEmpty else { return }
            if !sink.send(head + text, mayWait: &mayWait) { lost += line.count + 1 }
        }
    }

    private func send(_ message: [UInt8], mayWait: inout Bool) -> Bool {
        do {
            try deliver(message, mayWait: &mayWait)
            trouble = nil
            return true
        } catch {
            trouble = "syslog \(path): \(error)"
            return false
        }
    }

    private func deliver(_ message: [UInt8], mayWait: inout Bool) throws(Errno) {
        if let socket {
            do {
                return try send(message, by: socket, mayWait: &mayWait)
            } catch  where error != .wouldBlock {
                // The daemon behind the socket has gone; there may be a new one.
                self.socket = nil
            }
        }
        let fresh = DescriptorBox(try .datagramSocket(to: path))
        socket = fresh
        try send(message, by: fresh, mayWait: &mayWait)
    }

    private func send(
        _ message: [UInt8],
        by socket: DescriptorBox,
        mayWait: inout Bool
    ) throws(Errno) {
        do {
            try socket.descriptor.send(message)
        } catch  where error == .wouldBlock && mayWait {
            mayWait = socket.descriptor.canBeWritten(within: Self.patience)
            try socket.descriptor.send(message)
        }
    }
}

/// `Nov 23 04:32:10`, the form of RFC 3164, from `2026-11-23 04:32:10,123`.
func syslogStamp(_ stamp: String) -> String {
    let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")
    let parts = stamp.split { $0 == "-" || $0 == " " || $0 == "," }
    guard parts.count == 5, let month = Int(parts[1]), let day = Int(parts[2]),
        months.indices.contains(month - 1)
    else { return stamp }
    return "\(months[month - 1]) \(day < 10 ? " " : "")\(day) \(parts[3])"
}
