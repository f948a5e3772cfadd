// SPDX-License-Identifier: Apache-2.0

@testable import Logs

/// Output cut into lines, and cut between files.
enum LineFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        var choices = Choices(bytes)
        let limit = choices.byte() + 1
        let room = choices.byte() - 10
        let size = choices.byte()
        let cuts = choices.cuts(of: max(0, choices.rest.count - 15))
        let output = Array(choices.rest)
        let whole = lines([output], limit)
        let positions = cuts.map { min($0, output.count) }
        let cut = lines(pieces(of: output, cutAt: positions), limit)
        try require(whole == cut, "other lines when cut at \(positions)")
        try require(whole.allSatisfy { $0.count <= limit }, "a line is too long")
        guard output.count > max(0, room) else { return }
        let open = choices.byte()
        switch RotationCut(output: output[...], room: room, size: size, openLine: { open }) {
        case .rotate(let count):
            try require((0...max(0, room)).contains(count), "\(count) bytes do not fit")
        case .carry(let count):
            try require(count > 0 && count < size, "\(count) bytes are carried of \(size)")
        }
    }

    private static func lines(_ pieces: [[UInt8]], _ limit: Int) -> [[UInt8]] {
        var splitter = LineSplitter(limit: limit)
        var lines: [[UInt8]] = []
        for piece in pieces { splitter.feed(piece[...]) { lines.append(Array($0)) } }
        splitter.finish { lines.append(Array($0)) }
        return lines
    }
}
