// SPDX-License-Identifier: Apache-2.0

package import OrderedCollections

/// The text of an `env_file`: `KEY=VALUE` lines, as dotenv files and shells have them.
///
/// A line is empty, a comment that begins with `#`, or an assignment with or without `export`
/// before it. A value is a row of plain text, `'literal'` and `"text with \n \t \\ \" \$ \r \``
/// pieces without blanks between them, as in a shell; quoted pieces may span lines. A blank and
/// `#` after it begin a comment; plain text may contain blanks. Nothing is expanded.
package enum EnvironmentFile {
    /// A line that cannot be understood.
    package struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line, from 1.
        package let line: Int
        package let reason: String

        /// As in `line 3: expected NAME=VALUE`.
        package var description: String { "line \(line): \(reason)" }
    }

    /// Reads every assignment of `text`, the later of two equal names winning.
    package static func parse(
        _ text: String
    ) throws(Malformed) -> OrderedDictionary<String, String> {
        var reader = Reader(text)
        return try reader.assignments()
    }

    /// Whether `name` can be the name of a variable: letters, digits, `_`, `.` and `-`, and no
    /// digit, `.` or `-` at the beginning.
    package static func isName(_ name: some StringProtocol) -> Bool {
        guard let first = name.unicodeScalars.first, isLetter(first) else { return false }
        return name.unicodeScalars.allSatisfy {
            isLetter($0) || ("0"..."9").contains($0) || $0 == "." || $0 == "-"
        }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }
}

/// Goes through the text once, character by character.
private struct Reader {
    private let characters: [Unicode.Scalar]
    private var offset = 0
    private var line = 1

    init(_ text: String) {
        let all = text.unicodeScalars.drop { $0 == "\u{FEFF}" }
        var plain = String.UnicodeScalarView()
        // Lines that end in CR LF come from other systems and mean the same.
        for scalar in all {
            if scalar == "\n", plain.last == "\r" { plain.removeLast() }
            plain.append(scalar)
        }
        characters = Array(plain)
    }

    mutating func assignments() throws(EnvironmentFile.Malformed)
        -> OrderedDictionary<String, String>
    {
        var result: OrderedDictionary<String, String> = [:]
        while skipToAssignment() {
            let name = try name()
            let value = try value()
            result[name] = value
        }
        return result
    }

    private var current: Unicode.Scalar? { offset < characters.count ? characters[offset] : nil }

    private mutating func advance() {
        if current == "\n" { line += 1 }
        offset += 1
    }

    private mutating func skip(while matches: (Unicode.Scalar) -> Bool) {
        while let current, matches(current) { advance() }
    }

    /// Goes to the next assignment, over blank lines and comments; false at the end.
    private mutating func skipToAssignment() -> Bool {
        while true {
            skip { $0 == " " || $0 == "\t" || $0 == "\n" }
            guard current == "#" else { return current != nil }
            skip { $0 != "\n" }
        }
    }

    private mutating func name() throws(EnvironmentFile.Malformed) -> String {
        var text = takeName()
        if text == "export", current == " " || current == "\t" {
            skip { $0 == " " || $0 == "\t" }
            text = takeName()
        }
        skip { $0 == " " || $0 == "\t" }
        guard current == "=" else { throw malformed("expected NAME=VALUE") }
        guard EnvironmentFile.isName(text) else {
            throw malformed("\(quoted(text)) cannot be the name of a variable")
        }
        advance()
        return text
    }

    private mutating func takeName() -> String {
        let start = offset
        skip { $0 != "=" && $0 != " " && $0 != "\t" && $0 != "\n" }
        return String(String.UnicodeScalarView(characters[start..<offset]))
    }

    private mutating func value() throws(EnvironmentFile.Malformed) -> String {
        var text = String.UnicodeScalarView()
        /// Blanks that count only when more of the value follows.
        var blanks = String.UnicodeScalarView()
        skip { $0 == " " || $0 == "\t" }
        var followsBlank = true
        while let character = current, character != "\n" {
            if character == "#", followsBlank {
                skip { $0 != "\n" }
                break
            }
            followsBlank = character == " " || character == "\t"
            if followsBlank {
                blanks.append(character)
                advance()
                continue
            }
            text.append(contentsOf: blanks)
            blanks = .init()
            switch character {
            case "'", "\"": try quotedPiece(character, into: &text)
            case "\0": throw nulCharacter
            default:
                text.append(character)
                advance()
            }
        }
        return String(text)
    }

    private mutating func quotedPiece(
        _ quote: Unicode.Scalar,
        into text: inout String.UnicodeScalarView
    ) throws(EnvironmentFile.Malformed) {
        let start = line
        advance()
        while let character = current {
            guard character != "\0" else { throw nulCharacter }
            advance()
            if character == quote { return }
            guard character == "\\", quote == "\"", let next = current else {
                text.append(character)
                continue
            }
            advance()
            switch next {
            case "n": text.append("\n")
            case "r": text.append("\r")
            case "t": text.append("\t")
            case "\\", "\"", "$", "`": text.append(next)
            case "\n": break
            case "\0": throw nulCharacter
            default:
                text.append(character)
                text.append(next)
            }
        }
        throw EnvironmentFile.Malformed(line: start, reason: "the quote \(quote) is never closed")
    }

    private var nulCharacter: EnvironmentFile.Malformed {
        malformed("a NUL character cannot be part of a value")
    }

    private func malformed(_ reason: String) -> EnvironmentFile.Malformed {
        EnvironmentFile.Malformed(line: line, reason: reason)
    }
}
