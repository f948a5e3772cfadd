// SPDX-License-Identifier: Apache-2.0

/// Makes text harmless for a terminal: what would move the cursor, change a title or turn the
/// direction of writing is shown as an escape like `\x1b` or `\u{202e}`.
///
/// Bytes may come in pieces of any size; a character or a line end that a piece cuts through is
/// kept until the next one.
struct Escaping {
    /// Whether line ends and tabs are part of the text, as in a log, or not, as in a name.
    let keepsLayout: Bool
    private var pending: [UInt8] = []

    init(keepsLayout: Bool) {
        self.keepsLayout = keepsLayout
    }

    /// A whole text that has no layout of its own.
    static func name(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { !isHarmless($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            result += isHarmless(scalar) ? String(scalar) : escape(scalar)
        }
        return result
    }

    /// A JSON document, in which only strings can hold such characters, with JSON's own escapes.
    static func json(_ document: [UInt8]) -> [UInt8] {
        let text = String(decoding: document, as: UTF8.self)
        guard text.unicodeScalars.contains(where: { $0 != "\n" && !isHarmless($0) }) else {
            return document
        }
        var result: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar == "\n" || isHarmless(scalar) {
                result += String(scalar).utf8
            } else {
                result += "\\u\(hexadecimal(scalar.value, digits: 4))".utf8
            }
        }
        return result
    }

    /// What can be shown of the text so far.
    mutating func add(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        pending += bytes
        return take(final: false)
    }

    /// What was kept back, when nothing follows.
    mutating func finish() -> [UInt8] {
        take(final: true)
    }

    private mutating func take(final: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(pending.count)
        var index = 0
        scan: while index < pending.count {
            switch UTF8Step(pending[index...]) {
            case .scalar(let scalar, let length):
                if scalar == "\r", keepsLayout {
                    let next = index + 1
                    if next == pending.count, !final { break scan }
                    if next < pending.count, pending[next] == UInt8(ascii: "\n") {
                        index = next  // Drops the first half of a DOS line end.
                        continue
                    }
                }
                append(scalar, pending[index..<index + length], to: &result)
                index += length
            case .incomplete where !final:
                break scan
            case .incomplete, .invalid:
                result += "\\x\(hexadecimal(UInt32(pending[index]), digits: 2))".utf8
                index += 1
            }
        }
        pending.removeFirst(index)
        return result
    }

    private func append(_ scalar: Unicode.Scalar, _ bytes: ArraySlice<UInt8>, to: inout [UInt8]) {
        if Self.isHarmless(scalar) || keepsLayout && (scalar == "\n" || scalar == "\t") {
            to += bytes
        } else {
            to += Self.escape(scalar).utf8
        }
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0: false
        case 0x202a...0x202e, 0x2066...0x2069: false
        default: true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case let low where low.value < 0x80: "\\x\(hexadecimal(low.value, digits: 2))"
        default: "\\u{\(hexadecimal(scalar.value, digits: 2))}"
        }
    }
}

/// The first thing in a piece of UTF-8.
enum UTF8Step {
    case scalar(Unicode.Scalar, length: Int)
    /// A character begins here and its end has not come yet.
    case incomplete
    case invalid

    init(_ bytes: ArraySlice<UInt8>) {
        guard let first = bytes.first else {
            self = .incomplete
            return
        }
        guard first >= 0x80 else {
            self = .scalar(Unicode.Scalar(first), length: 1)
            return
        }
        let wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
        guard (0xc2...0xf4).contains(first) else {
            self = .invalid
            return
        }
        let tail = bytes.dropFirst().prefix(wanted - 1).prefix { $0 & 0xc0 == 0x80 }
        guard tail.count == wanted - 1 else {
            self = bytes.count == tail.count + 1 ? .incomplete : .invalid
            return
        }
        let lead = UInt32(first) & (0x7f >> UInt32(wanted))
        let value = tail.reduce(lead) { $0 << 6 | UInt32($1 & 0x3f) }
        let isShortest = value >= (wanted == 4 ? 0x10000 : wanted == 3 ? 0x800 : 0x80)
        guard isShortest, let scalar = Unicode.Scalar(value) else {
            self = .invalid
            return
        }
        self = .scalar(scalar, length: wanted)
    }
}

private func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
