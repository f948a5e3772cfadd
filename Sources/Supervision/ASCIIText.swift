// SPDX-License-Identifier: Apache-2.0

/// Text in which every character is one byte, so that all readers agree on how long it is.
///
/// The header of an event tells a length. Listeners that read bytes and listeners that read
/// characters take as much only while there is nothing but ASCII. What is not is written as
/// Python's `backslashreplace` does: `é` as `\xe9`, `→` as `\u2192`, `🙂` as `\U0001f642`.
package enum ASCIIText {
    /// A text without anything but ASCII.
    package static func of(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case ..<0x80: result.unicodeScalars.append(scalar)
            case ..<0x100: result += "\\x" + hexadecimal(scalar.value, 2)
            case ..<0x1_0000: result += "\\u" + hexadecimal(scalar.value, 4)
            default: result += "\\U" + hexadecimal(scalar.value, 8)
            }
        }
        return result
    }

    /// What a program wrote; for what is no UTF-8, supervisord's words and Python's notation.
    package static func of(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return "Undecodable: " + literal(bytes)
        }
        return of(text)
    }

    /// Bytes as Python writes them, as in `b'caf\xe9'`.
    private static func literal(_ bytes: [UInt8]) -> String {
        let apostrophe = UInt8(ascii: "'")
        let quotationMark = UInt8(ascii: "\"")
        let hasOnlyApostrophes = bytes.contains(apostrophe) && !bytes.contains(quotationMark)
        let quote = hasOnlyApostrophes ? quotationMark : apostrophe
        var result = "b" + character(quote)
        for byte in bytes {
            switch byte {
            case quote, UInt8(ascii: "\\"): result += "\\" + character(byte)
            case 0x09: result += "\\t"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x20...0x7E: result += character(byte)
            default: result += "\\x" + hexadecimal(UInt32(byte), 2)
            }
        }
        return result + character(quote)
    }

    private static func character(_ byte: UInt8) -> String {
        String(Unicode.Scalar(byte))
    }

    private static func hexadecimal(_ number: UInt32, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}
