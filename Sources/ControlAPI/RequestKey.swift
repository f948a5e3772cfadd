// SPDX-License-Identifier: Apache-2.0

/// The mark of one request, by which the daemon knows it again when it is sent a second time.
///
/// A client that lost the connection before the answer came sends the request again with the same
/// key, and gets the answer of the first: it is carried out once.
package struct RequestKey: Hashable, Sendable {
    /// The name of the header that carries it.
    package static let header = "idempotency-key"

    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 32,
            text.utf8.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// A key that nobody has used.
    package static func random() -> RequestKey {
        RequestKey(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
    }

    /// 32 hexadecimal digits.
    package var text: String { Self.hex(high) + Self.hex(low) }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
