// SPDX-License-Identifier: Apache-2.0

/// A piece of a log as text, and where it stands in the log's file.
package struct LogPiece: Hashable, Sendable, Codable {
    /// What is no UTF-8 has become U+FFFD.
    package var text: String
    /// The place of its first byte, counted from the beginning of the file.
    package var start: Int
    /// The place behind its last byte: where the next piece begins.
    package var end: Int
    /// How long the file was.
    package var size: Int

    package init(text: String, start: Int, end: Int, size: Int) {
        self.text = text
        self.start = start
        self.end = end
        self.size = size
    }

    /// Makes text of bytes that were read from `start` on.
    ///
    /// A character that the piece is cut through is left out, unless that would leave nothing of
    /// it; so pieces that follow each other lose none.
    package init(_ bytes: [UInt8], start: Int, size: Int) {
        let head = start > 0 ? bytes.prefix(3).prefix(while: Self.isContinuation).count : 0
        var piece = bytes[head...]
        if let last = piece.suffix(4).lastIndex(where: { !Self.isContinuation($0) }),
            piece.endIndex - last < Self.length(ofCharacterWith: piece[last])
        {
            piece = piece[..<last]
        }
        if piece.isEmpty { piece = bytes[...] }
        self.init(
            text: String(decoding: piece, as: UTF8.self),
            start: start + piece.startIndex,
            end: start + piece.endIndex,
            size: size
        )
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    private static func length(ofCharacterWith first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }
}
