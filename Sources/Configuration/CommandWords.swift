// SPDX-License-Identifier: Apache-2.0

/// A command line cut into words as a POSIX shell cuts it: quotes and backslashes, nothing else.
package enum CommandWords {
    /// One word, without its quotes.
    package struct Word: Hashable, Sendable {
        package var text: String
        /// Whether no part of it was quoted or escaped, so that a shell would have interpreted it.
        package var isBare: Bool

        package init(_ text: String, isBare: Bool = true) {
            self.text = text
            self.isBare = isBare
        }
    }

    /// Why a command line cannot be cut, and at which character it goes wrong, from 0.
    package struct Malformed: Error, Hashable, Sendable {
        package let reason: String
        package let offset: Int
    }

    /// Cuts `line` into words.
    package static func split(_ line: String) throws(Malformed) -> [Word] {
        var splitter = Splitter(characters: Array(line.unicodeScalars))
        return try splitter.words()
    }

    /// The first thing in `words` that only a shell would understand; nil when there is none.
    package static func shellSyntax(in words: [Word]) -> String? {
        words.first { $0.isBare && isShellSyntax($0.text) }?.text
    }

    private static let operators: Set<String> = [
        "&&", "||", "|", ";", "&", ">", ">>", "<", "<<", "2>", "2>>", "2>&1", "&>", ">&2", "*", "~",
    ]

    private static func isShellSyntax(_ word: String) -> Bool {
        if operators.contains(word) || word.hasPrefix("~/") || word.contains("*") { return true }
        let parts = word.split(separator: "$", omittingEmptySubsequences: false).dropFirst()
        return word.contains("`")
            || parts.contains { part in
                part.first.map { $0.isLetter || $0 == "_" || $0 == "{" || $0 == "(" } ?? false
            }
    }
}

/// The rules of POSIX shell quoting (Shell Command Language, 2.2), one character at a time.
private struct Splitter {
    let characters: [Unicode.Scalar]
    var offset = 0

    mutating func words() throws(CommandWords.Malformed) -> [CommandWords.Word] {
        var words: [CommandWords.Word] = []
        while true {
            while offset < characters.count, isBlank(characters[offset]) { offset += 1 }
            guard offset < characters.count else { return words }
            words.append(try word())
        }
    }

    private mutating func word() throws(CommandWords.Malformed) -> CommandWords.Word {
        var text = String.UnicodeScalarView()
        var isBare = true
        while offset < characters.count, !isBlank(characters[offset]) {
            let start = offset
            let character = characters[offset]
            offset += 1
            switch character {
            case "'":
                isBare = false
                try singleQuoted(into: &text, from: start)
            case "\"":
                isBare = false
                try doubleQuoted(into: &text, from: start)
            case "\\":
                isBare = false
                guard offset < characters.count else {
                    throw .init(reason: "nothing follows the backslash", offset: start)
                }
                if characters[offset] != "\n" { text.append(characters[offset]) }
                offset += 1
            default: text.append(character)
            }
        }
        return .init(String(text), isBare: isBare)
    }

    private mutating func singleQuoted(
        into text: inout String.UnicodeScalarView,
        from start: Int
    ) throws(CommandWords.Malformed) {
        while offset < characters.count {
            let character = characters[offset]
            offset += 1
            if character == "'" { return }
            text.append(character)
        }
        throw .init(reason: "the quote ' is never closed", offset: start)
    }

    private mutating func doubleQuoted(
        into text: inout String.UnicodeScalarView,
        from start: Int
    ) throws(CommandWords.Malformed) {
        while offset < characters.count {
            let character = characters[offset]
            offset += 1
            if character == "\"" { return }
            guard character == "\\", offset < characters.count else {
                text.append(character)
                continue
            }
            let next = characters[offset]
            switch next {
            case "$", "`", "\"", "\\": text.append(next)
            case "\n": break
            default:
                text.append(character)
                continue
            }
            offset += 1
        }
        throw .init(reason: "the quote \" is never closed", offset: start)
    }

    private func isBlank(_ character: Unicode.Scalar) -> Bool {
        character == " " || character == "\t" || character == "\n"
    }
}
