// SPDX-License-Identifier: Apache-2.0

/// Names in URLs: strictly read, so that a name can never be taken for a path.
enum PercentCoding {
    /// Encodes everything but letters, digits and `-._~:*`; nil for text that no URL may carry.
    ///
    /// With `isPath` a slash may be in it, and is encoded.
    static func encode(_ text: String, isPath: Bool = false) -> String? {
        guard isPermitted(text, isPath) else { return nil }
        var encoded = ""
        for byte in text.utf8 {
            if isPlain(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%"
                encoded += String(byte >> 4, radix: 16, uppercase: true)
                encoded += String(byte & 15, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    /// Decodes one piece of a URL; nil for a broken escape, broken UTF-8 or forbidden text.
    static func decode(_ text: Substring, isPath: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit),
                let low = rest.popFirst().flatMap(digit)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self),
            isPermitted(decoded, isPath)
        else { return nil }
        return decoded
    }

    /// Whether text may stand in a URL at all: some characters, no control ones, and a slash in a
    /// path only.
    private static func isPermitted(_ text: String, _ isPath: Bool) -> Bool {
        guard !text.isEmpty, text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy {
            $0 >= 0x20 && $0 != 0x7F && (isPath || $0 != UInt8(ascii: "/"))
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "*"):
            true
        default: false
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
