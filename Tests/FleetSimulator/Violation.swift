// SPDX-License-Identifier: Apache-2.0

/// Something that a fleet must never do, and did.
package struct Violation: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Complains unless a condition holds; the text is made only then.
func require(
    _ condition: Bool,
    _ complaint: @autoclosure () -> String
) throws(Violation) {
    if !condition { throw Violation(complaint()) }
}
