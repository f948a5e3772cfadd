// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@testable import Logs

@Suite("What a program writes")
struct OutputScannerTests {
    private let scanner = OutputScanner(stripsEscapes: true, findsMessages: true)

    private func next(
        _ text: String,
        isOpen: Bool = false,
        _ wait: OutputScanner.Wait = .more
    ) -> OutputScanner.Piece {
        scanner.next(in: Array(text.utf8)[...], isOpen: isOpen, wait)
    }

    @Test(
        "has sequences for a terminal that are left out",
        arguments: [
            "\u{1B}[m", "\u{1B}[1;31m", "\u{1B}[38;2;1;2;3m", "\u{1B}[?25l", "\u{1B}[2J",
            "\u{1B}[4 q", "\u{1B}(B", "\u{1B}7", "\u{1B}c", "\u{1B}M", "\u{1B}#8",
            "\u{1B}]0;title\u{07}", "\u{1B}]8;;http://x\u{1B}\\", "\u{1B}P1$r\u{1B}\\",
        ]
    )
    func escapes(sequence: String) {
        let count = sequence.utf8.count
        #expect(next(sequence) == .escape(count))
        #expect(next(sequence + "text") == .escape(count))
        #expect(next("é" + sequence) == .text(2))
        for length in 1..<count {
            let beginning = String(decoding: sequence.utf8.prefix(length), as: UTF8.self)
            #expect(next(beginning) == .unfinished)
        }
    }

    @Test(
        "has text that only begins like a sequence, and loses none of it",
        arguments: [
            "\u{1B}\n", "\u{1B}[31\n", "\u{1B}[é", "\u{1B}]0;title\nmore\u{07}", "\u{1B}\u{1B}",
            "\u{1B}[" + String(repeating: "1;", count: 200) + "m",
            "\u{1B}]" + String(repeating: "x", count: 5000),
        ]
    )
    func noEscapes(text: String) {
        let bytes = Array(text.utf8)
        guard case .text(let count) = next(text) else {
            Issue.record("\(next(text))")
            return
        }
        #expect(count >= 1)
        let isDoubled = text.hasPrefix("\u{1B}\u{1B}")
        #expect(count == (isDoubled ? 1 : bytes.count))
    }

    @Test("has messages between tags")
    func messages() {
        let (begin, end) = ("<!--XSUPERVISOR:BEGIN-->", "<!--XSUPERVISOR:END-->")
        #expect(next(begin + "abc" + end + "d") == .message(body: 3, length: 24 + 3 + 22))
        #expect(next(begin + end) == .message(body: 0, length: 46))
        #expect(next("<" + begin) == .text(1))
        #expect(next("<!-- a comment -->") == .text(18))
        for wait in [OutputScanner.Wait.more, .full] {
            for length in 1..<24 {
                #expect(next(String(begin.prefix(length)), wait) == .unfinished)
            }
        }
        #expect(next(begin + "abc") == .unfinished)
        #expect(next(begin + "abc", .full) == .opening(24))
        #expect(next(begin + "abc", .over) == .text(27))
        #expect(next("abc" + end + "d", isOpen: true) == .closing(body: 3, length: 25))
        #expect(next("abc<!--XSUP", isOpen: true) == .body(3))
        #expect(next("<!--XSUP", isOpen: true) == .unfinished)
        #expect(next("abc<!--XSUP", isOpen: true, .over) == .body(11))
        #expect(next("ab<!--<!--XS", isOpen: true) == .body(6))
    }

    @Test("is looked at only for what is asked")
    func plain() {
        let bytes = Array("\u{1B}[1m<!--XSUPERVISOR:BEGIN-->".utf8)[...]
        #expect(OutputScanner().next(in: bytes, isOpen: false, .more) == .text(bytes.count))
        let stripping = OutputScanner(stripsEscapes: true)
        #expect(stripping.next(in: bytes.dropFirst(4), isOpen: false, .more) == .text(24))
        let finding = OutputScanner(findsMessages: true)
        #expect(finding.next(in: bytes, isOpen: false, .more) == .text(4))
    }
}
