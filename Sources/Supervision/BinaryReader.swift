// SPDX-License-Identifier: Apache-2.0

/// Why bytes cannot be what they are taken for.
package enum BinaryFault: Error, Hashable, Sendable {
    /// They end too soon.
    case cut
    /// Something follows where nothing should.
    case surplus
    /// A version or a mark at the beginning that is not known here.
    case unknownFormat
    /// A checksum does not agree with what it stands for.
    case checksum
    /// A text that is not UTF-8, or longer than allowed.
    case text
    /// A number that stands for none of the known cases.
    case tag
    /// A number that makes no sense where it stands.
    case range
}

/// Takes apart what `BinaryWriter` has put together, whatever the bytes are: it never traps.
package struct BinaryReader: Sendable {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    package init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// How many bytes are left.
    package var count: Int { rest.count }

    package mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(BinaryFault) -> Number {
        let size = Number.bitWidth / 8
        guard size <= rest.count else { throw .cut }
        var result: Number = 0
        for byte in rest.prefix(size).reversed() {
            result = result << 8 | Number(truncatingIfNeeded: byte)
        }
        rest.removeFirst(size)
        return result
    }

    /// A number of 32 bits, for who takes apart a thousand.
    package mutating func word() throws(BinaryFault) -> UInt32 { try number() }

    /// A number of a range; any other is a fault.
    package mutating func number<Number: FixedWidthInteger>(
        in range: ClosedRange<Number>
    ) throws(BinaryFault) -> Number {
        let number: Number = try number()
        guard range.contains(number) else { throw .range }
        return number
    }

    package mutating func flag() throws(BinaryFault) -> Bool {
        switch try number(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .tag
        }
    }

    package mutating func optional<Value>(
        _ body: (inout BinaryReader) throws(BinaryFault) -> Value
    ) throws(BinaryFault) -> Value? {
        try flag() ? try body(&self) : nil
    }

    /// A text with its length as 16 bits.
    package mutating func text(atMost limit: Int = .max) throws(BinaryFault) -> String {
        let length = Int(try number(UInt16.self))
        guard length <= limit, let text = String(validating: try take(length), as: UTF8.self)
        else { throw .text }
        return text
    }

    /// A text with its length as 32 bits.
    package mutating func longText(atMost limit: Int) throws(BinaryFault) -> String {
        guard let text = String(validating: try blob(atMost: limit), as: UTF8.self) else {
            throw .text
        }
        return text
    }

    /// Bytes with their number as 32 bits.
    package mutating func blob(atMost limit: Int) throws(BinaryFault) -> ArraySlice<UInt8> {
        let length = Int(try number(UInt32.self))
        guard length <= limit else { throw .range }
        return try take(length)
    }

    /// How many of something follow, as 32 bits.
    ///
    /// Each takes at least `size` bytes: a number that cannot be is found before room is made.
    package mutating func count(
        atMost limit: Int,
        ofSize size: Int = 1
    ) throws(BinaryFault) -> Int {
        let count = Int(try number(UInt32.self))
        guard count <= limit else { throw .range }
        guard count * size <= rest.count else { throw .cut }
        return count
    }

    /// Nothing may follow.
    package func end() throws(BinaryFault) {
        guard rest.isEmpty else { throw .surplus }
    }

    package mutating func take(_ count: Int) throws(BinaryFault) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw .cut }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
