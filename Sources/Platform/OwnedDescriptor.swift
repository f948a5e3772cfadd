// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A file descriptor with exactly one owner; it is closed when the owner lets go of it.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, valid for as long as this value lives.
    package let rawValue: Int32

    /// Takes over an open descriptor; nobody else may close it after this.
    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        // The only failure that could matter, EIO of a delayed write, has no cure here.
        _ = close(rawValue)
    }

    /// Gives up ownership without closing.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }
}
