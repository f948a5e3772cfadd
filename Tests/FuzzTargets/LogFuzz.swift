// SPDX-License-Identifier: Apache-2.0

import Glibc
import Supervision

@testable import Logs

/// A log that is written in pieces, rotated and read: all its files together are its input.
enum LogFuzz {
    private static let path = ScratchFolder.path + "/fuzz.log"
    private static let backups = 400

    static func run(_ bytes: [UInt8]) throws(Finding) {
        var choices = Choices(Array(bytes.prefix(1500)))
        let limit = choices.byte() % 64 + 4
        let cuts = choices.cuts(of: max(0, choices.rest.count - 15))
        let output = Array(choices.rest)
        let now = Instant(nanoseconds: 0)
        let settings = LogFileSettings(path: path, maxBytes: limit, backups: backups)
        let log = RotatingFile(settings, at: now)
        defer { for name in names() { unlink(name) } }
        for piece in pieces(of: output, cutAt: cuts.map { min($0, output.count) }) {
            log.prepare(at: now)
            let lost = log.append(piece[...], at: now)
            try require(lost == 0, "\(lost) bytes are lost: \(log.trouble ?? "")")
        }
        let written = names().reversed().flatMap(ScratchFolder.read)
        try require(written == output, "other bytes: \(written.count) of \(output.count)")
        for name in names() {
            let size = ScratchFolder.read(name).count
            try require(size <= limit, "\(name) has \(size) bytes, more than \(limit)")
        }
        let wanted = choices.byte() * 3
        guard let tail = try? log.tail(bytes: wanted) else { throw Finding("no tail") }
        try require(output.suffix(tail.count).elementsEqual(tail), "another end")
        try require(tail.count <= wanted, "\(tail.count) bytes for \(wanted)")
    }

    /// The files of the log, the newest first.
    private static func names() -> [String] {
        var names: [String] = []
        for index in 0...backups {
            let name = RotationPlan.name(of: path, index)
            guard access(name, F_OK) == 0 else { break }
            names.append(name)
        }
        return names
    }
}
