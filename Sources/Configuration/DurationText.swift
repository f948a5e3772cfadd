// SPDX-License-Identifier: Apache-2.0

/// Durations as the file spells them: `5`, `0.5`, `500ms`, `1m30s`, `2h`, `1d`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
        ("s", 1_000_000_000), ("ms", 1_000_000),
    ]

    /// Ten years; more is a typing mistake, and this much cannot overflow a clock.
    private static let longest = Int64(3_650) * 86_400_000_000_000

    /// Reads a number of seconds, or numbers with units from large to small; nil for anything else.
    package static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total: Int64 = 0
        var lastUnit: Int?
        while !rest.isEmpty {
            let digits = rest.prefix { isDigit($0) || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let index: Int
            if unit.isEmpty {
                guard lastUnit == nil, rest.isEmpty else { return nil }
                index = 3
            } else {
                guard let known = units.firstIndex(where: { $0.name == unit }) else { return nil }
                index = known
            }
            guard lastUnit.map({ $0 < index }) ?? true,
                let part = nanoseconds(digits, unit: units[index].nanoseconds)
            else { return nil }
            lastUnit = index
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum <= longest else { return nil }
            total = sum
        }
        return lastUnit == nil ? nil : .nanoseconds(total)
    }

    /// A decimal number of `unit`s, exactly, in nanoseconds; what is finer is cut off.
    private static func nanoseconds(_ digits: Substring, unit: Int64) -> Int64? {
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int64(parts[0]) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        guard !parts[1].isEmpty else { return nil }
        var fraction: Int64 = 0
        var scale = unit
        for digit in parts[1].prefix(9) {
            scale /= 10
            fraction += Int64(digit.wholeNumberValue ?? 0) * scale
        }
        let (sum, overflowed) = product.addingReportingOverflow(fraction)
        return overflowed ? nil : sum
    }
}

/// Whether a character is one of the ten ASCII digits.
func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isWholeNumber
}
