// SPDX-License-Identifier: Apache-2.0

/// Something wrong with the text of a file, found before any of it was understood.
package struct Problem: Error, Hashable, Sendable {
    /// The place, or nil when the whole file is meant.
    package let mark: Mark?
    package let message: String

    package init(_ message: String, at mark: Mark?) {
        self.message = message
        self.mark = mark
    }
}
