// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swisordctl

@Suite("Text for a terminal")
struct EscapingTests {
    static let samples: [(String, String)] = [
        ("plain ü 世 🎉\t|\n", "plain ü 世 🎉\t|\n"),
        ("\u{1b}[31m", #"\x1b[31m"#),
        ("\u{0}\u{7}\u{8}", #"\x00\x07\x08"#),
        ("\u{7f}", #"\x7f"#),
        ("\u{85}\u{9b}2J", #"\u{85}\u{9b}2J"#),
        ("\u{202e}evil\u{202a}\u{2066}\u{2069}", #"\u{202e}evil\u{202a}\u{2066}\u{2069}"#),
        ("50 %\r100 %\r\n", "50 %\\r100 %\n"),
        ("\r", #"\r"#),
    ]

    @Test("shows what would act on the terminal, in pieces of any size", arguments: samples)
    func everySplit(text: String, shown: String) {
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            var escaping = Escaping(keepsLayout: true)
            var result: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                result += escaping.add(bytes[start..<min(start + size, bytes.count)])
            }
            result += escaping.finish()
            #expect(String(decoding: result, as: UTF8.self) == shown)
        }
    }

    static let broken: [([UInt8], String)] = [
        ([0xff], #"\xff"#), ([0x80, 0x41], #"\x80A"#), ([0xc0, 0x9b], #"\xc0\x9b"#),
        ([0xe0, 0x82, 0x9b], #"\xe0\x82\x9b"#), ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#),
        ([0xf4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#), ([0xc3, 0x41], #"\xc3A"#),
        ([0xe2, 0x80], #"\xe2\x80"#),
    ]

    @Test("shows bytes that are no UTF-8, so none can be a disguised control", arguments: broken)
    func notUTF8(bytes: [UInt8], shown: String) {
        var escaping = Escaping(keepsLayout: true)
        let result = escaping.add(bytes) + escaping.finish()
        #expect(String(decoding: result, as: UTF8.self) == shown)
    }

    @Test("keeps no line end and no tab in a name")
    func name() {
        #expect(Escaping.name("a\nb\tc\rd") == #"a\nb\tc\rd"#)
        #expect(Escaping.name("naïve 世") == "naïve 世")
    }

    @Test(
        "has colours unless the user or the terminal has none",
        arguments: [
            (String?.none, String?.some("xterm"), true), ("", "xterm", true), ("1", "xterm", false),
            (nil, "dumb", false), (nil, nil, false),
        ]
    )
    func colours(noColour: String?, term: String?, expected: Bool) {
        #expect(Terminal.allowsColours(noColour: noColour, term: term) == expected)
    }
}
