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

extension Diagnostic: CustomStringConvertible {
    /// `file:line:column: error: message`, and below it the line of the file with its place
    /// underlined; without a final newline.
    package var description: String {
        let place =
            mark.map { "\(file):\($0.line):\($0.column): " } ?? (file.isEmpty ? "" : file + ": ")
        let headline = "\(place)\(severity.rawValue): \(message)"
        guard let mark, let sourceLine else { return headline }
        let excerpt = Excerpt(of: sourceLine, mark: mark)
        return excerpt.map { "\(headline)\n    \($0.text)\n    \($0.underline)" } ?? headline
    }
}

/// The part of a line around a place, short enough for a terminal.
private struct Excerpt {
    var text: String
    var underline: String

    private static let widest = 96

    /// Cuts the blanks before the line and what does not fit; nil when nothing is left to show.
    init?(of line: String, mark: Mark) {
        // Each character takes one column here, so that the carets stand below the right ones.
        let characters = line.unicodeScalars.map { isControl($0) ? " " : Character($0) }
        let indent = characters.prefix { $0 == " " }.count
        var start = min(indent, mark.column - 1)
        let isTooWide = characters.count - start > Excerpt.widest
        if isTooWide, mark.column - 1 - start > Excerpt.widest / 2 {
            start = mark.column - 1 - Excerpt.widest / 4
        }
        let end = min(start + Excerpt.widest, characters.count)
        guard start < end || mark.column - 1 == start else { return nil }
        var text = String(characters[min(start, end)..<end])
        while text.last == " " { text.removeLast() }
        guard !text.isEmpty else { return nil }
        self.text = text
        let length = max(1, min(mark.length, end - (mark.column - 1)))
        underline =
            String(repeating: " ", count: mark.column - 1 - start) + "^"
            + String(repeating: "~", count: length - 1)
    }
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control
}

/// Text from a file as a message may show it: quoted, short, without control characters.
func quoted(_ text: some StringProtocol) -> String {
    let longest = 60
    var shown = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < longest else { return "'\(shown)…'" }
        shown += isControl(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return "'\(shown)'"
}
