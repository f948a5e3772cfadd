// SPDX-License-Identifier: Apache-2.0

/// A user, and optionally a group, as the file names them: `josh`, `josh:staff`, `1000:100`.
package struct UserReference: Hashable, Sendable {
    /// The text of the file.
    package let text: String
    package let user: Identity
    package let group: Identity?

    /// A name to look up, or a number to use as it stands.
    package enum Identity: Hashable, Sendable {
        case name(String)
        case number(UInt32)
    }

    /// Reads `user` or `user:group`; nil when a part is empty or there are more than two.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let user = Identity(parts[0]) else { return nil }
        self.text = text
        self.user = user
        if parts.count == 2 {
            guard let group = Identity(parts[1]) else { return nil }
            self.group = group
        } else {
            group = nil
        }
    }
}

extension UserReference.Identity {
    /// Reads digits as a number and everything else as a name; nil for nothing at all.
    fileprivate init?(_ text: Substring) {
        guard !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            self = .name(String(text))
            return
        }
        // (uid_t)-1 means "leave unchanged" to the kernel, so it is nobody's number.
        guard let number = UInt32(text), number != .max else { return nil }
        self = .number(number)
    }
}
