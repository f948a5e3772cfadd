// SPDX-License-Identifier: Apache-2.0

/// CRC-32 as Ethernet, gzip and zlib have it: polynomial 0xEDB88320, reflected.
///
/// It finds bytes that were torn, lost or swapped. It keeps nobody from making some up.
package enum Checksum {
    /// The checksum of bytes; `123456789` gives 0xCBF43926.
    package static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        // A manager that takes over reads the records of all programs before it answers anybody:
        // byte by byte through an iterator that took longer than all else.
        bytes.withContiguousStorageIfAvailable(sum) ?? Array(bytes).withUnsafeBufferPointer(sum)
    }

    private static func sum(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var value = UInt32.max
            for byte in bytes {
                value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ (value >> 8)
            }
            return ~value
        }
    }

    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { value, _ in
            value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
        }
    }
}
