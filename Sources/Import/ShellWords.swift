// SPDX-License-Identifier: Apache-2.0

import Configuration

/// Cuts a command into words as Python's `shlex.split` does, which is how supervisord cuts it.
///
/// It differs from a shell in what a backslash does: within `"` it is special before `"` and `\`
/// alone, and a backslash before the end of a line keeps the end of the line.
enum ShellWords {
    /// The words; nil where a quote or a backslash has no counterpart.
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = Array(line)[...]
        while let character = characters.popFirst() {
            if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    guard let next = characters.popFirst() else { return nil }
                    if next != "\\", next != "\"" { word?.append("\\") }
                    word?.append(next)
                } else {
                    word?.append(character)
                }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == "\\" {
                guard let next = characters.popFirst() else { return nil }
                word = (word ?? "") + String(next)
            } else if " \t\n\r".contains(character) {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        if let word { words.append(word) }
        return words
    }

    /// The expansions of a command, and whether each stands within quotes.
    static func references(in text: PercentText) -> [(name: String, isQuoted: Bool)] {
        var references: [(name: String, isQuoted: Bool)] = []
        var quote: Character?
        var isEscaped = false
        for piece in text.pieces {
            switch piece {
            case .reference(let name, _, _):
                references.append((name, quote != nil))
                isEscaped = false
            case .literal(let literal):
                for character in literal {
                    if isEscaped {
                        isEscaped = false
                    } else if character == "\\", quote != "'" {
                        isEscaped = true
                    } else if character == quote {
                        quote = nil
                    } else if quote == nil, character == "'" || character == "\"" {
                        quote = character
                    }
                }
            }
        }
        return references
    }

    /// Whether swisord cuts the line into the same words.
    static func agrees(_ line: String, with words: [String]) -> Bool {
        guard let ours = try? CommandWords.split(line) else { return false }
        return ours.map(\.text) == words
    }

    /// Whether a line has no newline inside quotes, so that its lines can be joined with blanks.
    static func canBeFolded(_ line: String) -> Bool {
        line.split(separator: "\n").joined(separator: " ") == line
            || split(line) == split(line.split(separator: "\n").joined(separator: " "))
    }
}
