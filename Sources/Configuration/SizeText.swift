// SPDX-License-Identifier: Apache-2.0

/// Sizes as the file spells them: `1048576`, `50MB`, `512KiB`; every unit is a power of 1024.
package enum SizeText {
    private static let shifts: [String: UInt64] = [
        "": 0, "kb": 10, "kib": 10, "mb": 20, "mib": 20, "gb": 30, "gib": 30,
    ]

    /// Reads a whole number with or without a unit in any case; nil for anything else.
    package static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix(while: isDigit)
        guard let number = UInt64(digits),
            let shift = shifts[text.dropFirst(digits.count).lowercased()]
        else { return nil }
        let size = number << shift
        // What does not fit a file offset is a typing mistake.
        return size >> shift == number && size <= UInt64(Int64.max) ? size : nil
    }
}
