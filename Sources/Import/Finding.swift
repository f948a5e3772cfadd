// SPDX-License-Identifier: Apache-2.0

/// A line of a file that is converted.
package struct Place: Hashable, Sendable, CustomStringConvertible {
    /// The file as messages show it.
    package let file: String
    /// From 1; 0 means the whole file.
    package let line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var description: String { line == 0 ? file : "\(file):\(line)" }
}

/// Something that a person should know about a conversion.
package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// How bad it is.
    package enum Weight: String, Hashable, Sendable {
        /// The result does not do something that the original did.
        case lost
        /// The result does it in another way, or the original did not do it either.
        case note
    }

    package let weight: Weight
    package let place: Place
    package let message: String

    /// One line as in `supervisord.conf:12: lost: …`.
    package var description: String { "\(place): \(weight.rawValue): \(message)" }
}
