// SPDX-License-Identifier: Apache-2.0

/// Writes what is answered, in the few types that every client reads.
///
/// Integers are of 32 bits, and those beyond stand at the edge. Text is made such that any parser
/// takes it: what XML cannot hold becomes U+FFFD.
struct ReplyWriter {
    private(set) var bytes: [UInt8] = []

    /// The answer to a call that was carried out.
    static func reply(_ value: XMLValue) -> [UInt8] {
        var writer = ReplyWriter()
        writer.put("<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n")
        writer.write(value)
        writer.put("</param>\n</params>\n</methodResponse>\n")
        return writer.bytes
    }

    /// The answer to a call that failed.
    static func reply(_ fault: Fault) -> [UInt8] {
        var writer = ReplyWriter()
        writer.put("<?xml version='1.0'?>\n<methodResponse>\n<fault>\n")
        writer.write(fault.value)
        writer.put("</fault>\n</methodResponse>\n")
        return writer.bytes
    }

    private mutating func write(_ value: XMLValue) {
        put("<value>")
        switch value {
        case .int(let number): put("<int>\(min(max(number, -2_147_483_648), 2_147_483_647))</int>")
        case .bool(let truth): put(truth ? "<boolean>1</boolean>" : "<boolean>0</boolean>")
        case .text(let text): writeString(text)
        case .double(let number): writeString("\(number)")
        case .bytes(let bytes): writeString(String(decoding: bytes, as: UTF8.self))
        case .date(let text): writeString(text)
        case .null: writeString("")
        case .array(let values):
            put("<array><data>\n")
            for value in values { write(value) }
            put("</data></array>")
        case .structure(let members):
            put("<struct>\n")
            for member in members {
                put("<member>\n<name>")
                putEscaped(member.name)
                put("</name>\n")
                write(member.value)
                put("</member>\n")
            }
            put("</struct>")
        }
        put("</value>\n")
    }

    private mutating func writeString(_ text: String) {
        put("<string>")
        putEscaped(text)
        put("</string>")
    }

    private mutating func put(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func put(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func putEscaped(_ text: String) {
        var text = text
        text.withUTF8 { buffer in
            // Most text needs nothing done to it, and goes over in one piece.
            guard buffer.contains(where: ReplyWriter.isSpecial) else {
                return bytes.append(contentsOf: buffer)
            }
            for (index, byte) in buffer.enumerated() {
                switch byte {
                case UInt8(ascii: "&"): put("&amp;")
                case UInt8(ascii: "<"): put("&lt;")
                case UInt8(ascii: ">"): put("&gt;")
                // Bare, it would be read as a line feed.
                case UInt8(ascii: "\r"): put("&#13;")
                case 0..<0x09, 0x0B, 0x0C, 0x0E..<0x20: put("\u{FFFD}")
                // U+FFFE and U+FFFF are EF BF BE and EF BF BF: their last byte becomes that of
                // U+FFFD, EF BF BD.
                case 0xBE, 0xBF:
                    let isNoCharacter =
                        index >= 2 && buffer[index - 1] == 0xBF && buffer[index - 2] == 0xEF
                    bytes.append(isNoCharacter ? 0xBD : byte)
                default: bytes.append(byte)
                }
            }
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), 0xBE, 0xBF: true
        case UInt8(ascii: "\t"), UInt8(ascii: "\n"): false
        default: byte < 0x20
        }
    }
}
