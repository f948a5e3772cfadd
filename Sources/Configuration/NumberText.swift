// SPDX-License-Identifier: Apache-2.0

/// Numbers as the file spells them; forms that mean different things to different readers are none.
package enum NumberText {
    /// Reads a decimal whole number; nil for anything else, a leading zero included.
    package static func integer(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.allSatisfy(isDigit), digits == "0" || digits.first != "0"
        else { return nil }
        return Int(text)
    }

    /// Reads one to four octal digits; nil for anything else.
    package static func octal(_ text: String) -> UInt32? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...55).contains($0) })
        else { return nil }
        return UInt32(text, radix: 8)
    }

    /// Reads digits with or without a fraction; nil for anything else.
    package static func decimal(_ text: String) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) })
        else { return nil }
        return Double(text)
    }
}
