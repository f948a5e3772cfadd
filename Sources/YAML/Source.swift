// SPDX-License-Identifier: Apache-2.0

/// The text of one file, checked to be plain UTF-8 and cut into lines.
///
/// The check comes before the parser because libyaml reports bad bytes without a line, accepts
/// UTF-16, and counts three more kinds of line end than any editor. After it, every place that
/// libyaml names is the place an editor shows.
package struct Source: Sendable {
    /// The file as the user named it.
    package let file: String
    let bytes: [UInt8]
    /// The offset of the first byte of each line.
    private let lineStarts: [Int]

    /// The most text that is read from one file.
    package static let maximumBytes = 16 << 20

    /// A source without text, for files that could not be read.
    package init(unreadable file: String) {
        self.file = file
        bytes = []
        lineStarts = [0]
    }

    /// Cuts `bytes` into lines and looks for the first that is not allowed.
    ///
    /// - Parameters:
    ///   - bytes: The contents of the file; a UTF-8 byte order mark is dropped.
    ///   - file: The file as the user named it.
    ///   - problem: What is wrong with the bytes, or nil.
    package init(bytes: [UInt8], file: String, problem: inout Problem?) {
        self.file = file
        guard bytes.count <= Source.maximumBytes else {
            self.bytes = []
            lineStarts = [0]
            problem = Problem(
                "the file is larger than \(Source.maximumBytes >> 20) MiB, the most that is read",
                at: nil
            )
            return
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        self.bytes = text
        if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
            lineStarts = [0]
            problem = Problem("the file is UTF-16; save it as UTF-8", at: nil)
            return
        }
        lineStarts = text.withUnsafeBufferPointer { text in
            var starts = [0]
            for (offset, byte) in text.enumerated() where byte == 0x0A { starts.append(offset + 1) }
            return starts
        }
        if let (offset, message) = firstForbidden(in: text) {
            problem = Problem(message, at: mark(atByte: offset))
        }
    }

    /// The text of a line, counted from 1, without its end; nil when there is no such line.
    package func line(_ number: Int) -> String? {
        guard number >= 1, number <= lineStarts.count else { return nil }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        guard start < end || !bytes.isEmpty else { return nil }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private func mark(atByte offset: Int) -> Mark {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        // Everything before the offset is valid, so characters are the bytes that begin one.
        let column = bytes[lineStarts[low]..<offset].count { $0 & 0xC0 != 0x80 }
        return Mark(file: file, line: low + 1, column: column + 1)
    }
}

/// The first byte that may not stand in a configuration file, and why.
private func firstForbidden(in bytes: [UInt8]) -> (offset: Int, message: String)? {
    bytes.withUnsafeBufferPointer { bytes in
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x09 {
                offset += 1
                continue
            }
            if byte < 0x80 {
                if byte == 0x0D, offset + 1 < bytes.count, bytes[offset + 1] == 0x0A {
                    offset += 2
                    continue
                }
                return (offset, forbiddenASCII(byte))
            }
            guard let (scalar, length) = decode(bytes, at: offset) else {
                return (offset, "byte 0x\(hexadecimal(UInt32(byte))) is not UTF-8")
            }
            if let message = forbiddenScalar(scalar) { return (offset, message) }
            offset += length
        }
        return nil
    }
}

private func forbiddenASCII(_ byte: UInt8) -> String {
    switch byte {
    case 0: "a NUL byte cannot stand in a text file; is this UTF-8?"
    case 0x0D: "a carriage return without a line feed; end lines with LF"
    default:
        "control character U+00\(hexadecimal(UInt32(byte))) is not allowed; in double quotes write \\x\(hexadecimal(UInt32(byte)))"
    }
}

private func forbiddenScalar(_ scalar: UInt32) -> String? {
    switch scalar {
    case 0x85, 0x2028, 0x2029:
        "the line separator U+\(hexadecimal(scalar)) is not allowed; end lines with LF"
    case 0x80..<0xA0, 0xFEFF, 0xFFFE, 0xFFFF:
        "the character U+\(hexadecimal(scalar)) is not allowed"
    default: nil
    }
}

/// Decodes one character of two to four bytes; nil when they are overlong, cut or a surrogate.
private func decode(
    _ bytes: UnsafeBufferPointer<UInt8>,
    at offset: Int
) -> (scalar: UInt32, length: Int)? {
    let first = bytes[offset]
    let (length, bits, least): (Int, UInt32, UInt32) =
        switch first {
        case 0xC2...0xDF: (2, UInt32(first & 0x1F), 0x80)
        case 0xE0...0xEF: (3, UInt32(first & 0x0F), 0x800)
        case 0xF0...0xF4: (4, UInt32(first & 0x07), 0x10000)
        default: (0, 0, 0)
        }
    guard length > 0, offset + length <= bytes.count else { return nil }
    var scalar = bits
    for index in offset + 1..<offset + length {
        guard bytes[index] & 0xC0 == 0x80 else { return nil }
        scalar = scalar << 6 | UInt32(bytes[index] & 0x3F)
    }
    guard scalar >= least, Unicode.Scalar(scalar) != nil else { return nil }
    return (scalar, length)
}

private func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, (digits.count > 2 ? 4 : 2) - digits.count)) + digits
}
