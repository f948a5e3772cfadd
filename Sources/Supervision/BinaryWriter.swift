// SPDX-License-Identifier: Apache-2.0

/// Puts values into bytes that `BinaryReader` takes apart again: little-endian, nothing aligned.
package struct BinaryWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func write<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func write(_ flag: Bool) {
        bytes.append(flag ? 1 : 0)
    }

    /// Writes whether there is a value, and what `body` makes of it.
    package mutating func write<Value>(
        _ value: Value?,
        _ body: (inout BinaryWriter, Value) -> Void
    ) {
        write(value != nil)
        if let value { body(&self, value) }
    }

    /// Writes the length in bytes as 32 bits and the bytes themselves.
    package mutating func write(_ blob: [UInt8]) {
        write(UInt32(truncatingIfNeeded: blob.count))
        bytes += blob
    }

    /// Writes a text of any length, as a blob of UTF-8.
    package mutating func writeLong(_ text: String) {
        write(UInt32(truncatingIfNeeded: text.utf8.count))
        bytes += text.utf8
    }

    /// Writes a text with its length in bytes as 16 bits.
    ///
    /// - Parameters:
    ///   - text: What to write.
    ///   - limit: Longer text is cut to so many bytes, between two scalars.
    package mutating func write(_ text: String, atMost limit: UInt16 = .max) {
        let cut = text.cut(toBytes: Int(limit))
        write(UInt16(truncatingIfNeeded: cut.utf8.count))
        bytes += cut.utf8
    }
}

extension String {
    /// As much of the text as fits into so many bytes of UTF-8, no scalar torn.
    fileprivate func cut(toBytes limit: Int) -> Substring {
        guard utf8.count > limit else { return self[...] }
        var end = utf8.index(startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end]
    }
}
