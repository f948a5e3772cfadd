// SPDX-License-Identifier: Apache-2.0

/// A user and a password, as the header `Authorization` carries them (Basic, RFC 7617).
package struct Login: Hashable, Sendable {
    package var user: String
    package var password: String

    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// Reads the value of the header; nil for any other scheme and for what is broken.
    package init?(header: String) {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = Base64.decode(parts[1]),
            let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        user = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }

    /// The value of the header.
    package var header: String { "Basic " + Base64.encode(Array("\(user):\(password)".utf8)) }
}
