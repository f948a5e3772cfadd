// SPDX-License-Identifier: Apache-2.0

package import YAML

/// One complaint about a configuration file, with its place.
package struct Diagnostic: Hashable, Sendable {
    /// Whether the file can still be used.
    package enum Severity: String, Hashable, Sendable {
        case error, warning
    }

    package var severity: Severity
    /// The file as the user named it, or empty when no file is to blame.
    package var file: String
    /// The place in the file, or nil when the whole file is meant.
    package var mark: Mark?
    package var message: String
    /// The text of the line at `mark`, without its end.
    package var sourceLine: String?

    package init(
        _ severity: Severity,
        file: String,
        mark: Mark? = nil,
        message: String,
        sourceLine: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.mark = mark
        self.message = message
        self.sourceLine = sourceLine
    }
}
