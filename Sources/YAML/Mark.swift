// SPDX-License-Identifier: Apache-2.0

/// A place in a YAML file, as an editor counts it.
package struct Mark: Hashable, Sendable {
    /// The file as the user named it.
    package let file: String
    /// The line, from 1.
    package let line: Int
    /// The column in characters, from 1.
    package let column: Int
    /// How many characters a message should underline, at least 1.
    package let length: Int

    package init(file: String, line: Int, column: Int, length: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
        self.length = max(length, 1)
    }
}

extension Mark: CustomStringConvertible {
    /// `file:line:column`.
    package var description: String { "\(file):\(line):\(column)" }
}
