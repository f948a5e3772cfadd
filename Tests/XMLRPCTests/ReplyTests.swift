// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import XMLRPC

@Suite("What is answered to a call")
struct ReplyTests {
    private func xml(_ value: XMLValue) -> String {
        String(decoding: ReplyWriter.reply(value), as: UTF8.self)
    }

    /// Reads an answer back with the reader of calls.
    private func read(_ value: XMLValue) throws -> XMLValue {
        let root = try XMLDocument.read(ReplyWriter.reply(value), CallLimits())
        let parameter = try #require(root.only("params")?.only("param")?.only("value"))
        return try XMLValue(parameter)
    }

    @Test("is shaped as every client expects")
    func shape() {
        #expect(
            xml(.bool(true))
                == "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n"
                + "<value><boolean>1</boolean></value>\n</param>\n</params>\n</methodResponse>\n"
        )
        #expect(
            String(decoding: ReplyWriter.reply(Fault(.badName, "a<b")), as: UTF8.self)
                == "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n"
                + "<member>\n<name>faultCode</name>\n<value><int>10</int></value>\n</member>\n"
                + "<member>\n<name>faultString</name>\n"
                + "<value><string>BAD_NAME: a&lt;b</string></value>\n</member>\n"
                + "</struct></value>\n</fault>\n</methodResponse>\n"
        )
    }

    @Test("is read back as what it was")
    func roundTrip() throws {
        let value = XMLValue.structure([
            .init("number", .int(-3)), .init("truth", .bool(false)),
            .init("text", .text("a\tb\r\nc\rd <&> \u{1F600} \u{7F} \u{FFFD}")),
            .init("list", .array([.text(""), .array([]), .structure([])])),
        ])
        #expect(try read(value) == value)
    }

    @Test("holds integers of 32 bits and no greater")
    func integers() throws {
        #expect(try read(.int(5_000_000_000)) == .int(2_147_483_647))
        #expect(try read(.int(.min)) == .int(-2_147_483_648))
    }

    @Test("is XML whatever the text is")
    func controls() throws {
        let text = String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init)))
        guard case .text(let read) = try read(.text(text)) else {
            Issue.record("no text")
            return
        }
        let expected = text.unicodeScalars.map { scalar in
            scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar) ? "\u{FFFD}" : scalar
        }
        #expect(Array(read.unicodeScalars) == expected)
        #expect(
            try self.read(.text("\u{FFFE}\u{FFFF}\u{FFBE}")) == .text("\u{FFFD}\u{FFFD}\u{FFBE}")
        )
    }
}
