// SPDX-License-Identifier: Apache-2.0

/// A password that can be checked and not be told.
package struct StoredPassword: Sendable {
    private let salt: [UInt8]
    private let digest: [UInt8]

    /// Takes a password as it is.
    package init(_ password: String) {
        let salt = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }
        self.init(salt: salt, digest: SHA256.digest(of: salt + password.utf8))
    }

    /// Reads the first line of a file: `sha256:SALT:DIGEST`, the digest being that of the salt and
    /// the password behind it in hexadecimal digits, or else the password itself.
    ///
    /// - Returns: nil for an empty line, or a digest that is none.
    package init?(file text: String) {
        let line = text.prefix { !$0.isNewline }
        guard !line.isEmpty else { return nil }
        guard line.hasPrefix("sha256:") else {
            self.init(String(line))
            return
        }
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty, let digest = Self.bytes(parts[2]) else {
            return nil
        }
        self.init(salt: Array(parts[1].utf8), digest: digest)
    }

    private init(salt: [UInt8], digest: [UInt8]) {
        self.salt = salt
        self.digest = digest
    }

    /// Whether it is the one, found out in a time that does not tell how much of it is right.
    func isSame(as password: String) -> Bool {
        SHA256.isSame(SHA256.digest(of: salt + password.utf8), digest)
    }

    private static func bytes(_ digits: Substring) -> [UInt8]? {
        let digits = Array(digits.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: 64, by: 2) {
            let pair = String(decoding: digits[start..<start + 2], as: UTF8.self)
            guard !pair.hasPrefix("+"), !pair.hasPrefix("-"), let byte = UInt8(pair, radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
