// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ControlAPI

@Suite("A piece of a log")
struct LogPieceTests {
    private static let text = "aé€😀z"
    private static let bytes = Array(text.utf8)

    @Test("is text wherever it is cut, and pieces that follow each other lose nothing")
    func everyCut() {
        for start in 0...Self.bytes.count {
            for end in start...Self.bytes.count {
                let piece = LogPiece(
                    Array(Self.bytes[start..<end]),
                    start: start,
                    size: Self.bytes.count
                )
                #expect(
                    (start...end).contains(piece.start) && (piece.start...end).contains(piece.end)
                )
                let whole = String(decoding: Self.bytes[piece.start..<piece.end], as: UTF8.self)
                #expect(piece.text == whole, "\(start)..<\(end)")
                // Unless it is all of one character that was cut.
                if end - start > 6 { #expect(!piece.text.contains("\u{FFFD}")) }
            }
        }
        for length in 4...6 {
            var read = ""
            var place = 0
            while place < Self.bytes.count {
                let end = min(place + length, Self.bytes.count)
                let piece = LogPiece(
                    Array(Self.bytes[place..<end]),
                    start: place,
                    size: Self.bytes.count
                )
                read += piece.text
                place = piece.end
            }
            #expect(read == Self.text, "in pieces of \(length)")
        }
    }

    @Test("that is no text has its bytes replaced, and always an end behind its start")
    func broken() {
        #expect(LogPiece([0xFF, 0x61, 0xC3], start: 0, size: 3).text == "\u{FFFD}a")
        #expect(LogPiece([0x80, 0x80, 0x80, 0x80, 0x61], start: 9, size: 20).start == 12)
        for byte in UInt8.min...UInt8.max {
            #expect(LogPiece([byte], start: 5, size: 6).end == 6)
        }
        #expect(LogPiece([], start: 5, size: 5) == LogPiece(text: "", start: 5, end: 5, size: 5))
    }
}
