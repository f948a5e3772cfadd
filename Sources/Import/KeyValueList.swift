// SPDX-License-Identifier: Apache-2.0

/// `KEY="value",KEY2=value` as supervisord 4.3 reads it, and where that fails as 4.4 does.
enum KeyValueList {
    struct Pair: Hashable, Sendable {
        var name: String
        var value: PercentText
    }

    /// A character, or an expansion that counts as one.
    private enum Unit: Hashable {
        case character(Character)
        case reference(PercentText.Piece)

        var character: Character? {
            switch self {
            case .character(let character): character
            case .reference: nil
            }
        }
    }

    /// The variables; nil where the list cannot be understood.
    ///
    /// supervisord expands the list before it cuts it. Here it is cut first, with each expansion
    /// as part of the word it stands in, so what a variable holds cannot change the structure.
    static func parse(_ text: PercentText) -> [Pair]? {
        let units = text.pieces.flatMap { piece -> [Unit] in
            switch piece {
            case .literal(let text): text.map { .character($0) }
            case .reference: [.reference(piece)]
            }
        }
        return tokens(of: units).flatMap(pairs) ?? lenient(units)
    }

    private static func isWordUnit(_ unit: Unit) -> Bool {
        guard let character = unit.character else { return true }
        return character.isASCII
            && (character.isLetter || character.isNumber || "_/.+-():".contains(character))
    }

    /// The tokens of Python's `shlex` in its old mode; nil for a quote that is not closed.
    private static func tokens(of units: [Unit]) -> [[Unit]]? {
        var tokens: [[Unit]] = []
        var rest = units[...]
        while let first = rest.popFirst() {
            if let character = first.character, character.isWhitespace { continue }
            if first == .character("#") {
                rest = rest.drop { $0 != .character("\n") }
                continue
            }
            var token = [first]
            if first == .character("\"") || first == .character("'") {
                guard let end = rest.firstIndex(of: first) else { return nil }
                token += rest[...end]
                rest = rest[(end + 1)...]
            } else if isWordUnit(first) {
                let word = rest.prefix {
                    isWordUnit($0) || $0 == .character("\"") || $0 == .character("'")
                }
                token += word
                rest = rest[word.endIndex...]
            }
            tokens.append(token)
        }
        return tokens
    }

    /// Name, `=`, value, and any one token between pairs.
    private static func pairs(_ tokens: [[Unit]]) -> [Pair]? {
        var pairs: [Pair] = []
        for start in stride(from: 0, to: tokens.count, by: 4) {
            guard start + 2 < tokens.count, tokens[start + 1] == [.character("=")],
                let name = plain(tokens[start])
            else { return nil }
            let isQuote = { (unit: Unit) in unit == .character("\"") || unit == .character("'") }
            let value = tokens[start + 2].drop(while: isQuote).reversed().drop(while: isQuote)
            pairs.append(Pair(name: name, value: text(of: value.reversed())))
        }
        return pairs
    }

    private static func lenient(_ units: [Unit]) -> [Pair]? {
        var pairs: [Pair] = []
        var rest = units[...]
        while true {
            rest = rest.drop { $0 == .character(",") || $0.character?.isWhitespace ?? false }
            guard !rest.isEmpty else { return pairs }
            guard let equals = rest.firstIndex(of: .character("=")),
                let name = plain(Array(rest[..<equals]))
            else { return nil }
            rest = rest[(equals + 1)...]
            guard let value = quotedValue(&rest) else { return nil }
            pairs.append(Pair(name: String(name.trimmed), value: text(of: value)))
        }
    }

    /// A value with the quoting of a POSIX shell, up to a comma; nil for an open quote.
    private static func quotedValue(_ rest: inout ArraySlice<Unit>) -> [Unit]? {
        var value: [Unit] = []
        var quote: Unit?
        while let unit = rest.popFirst() {
            if unit == quote {
                quote = nil
            } else if unit == .character("\\"), quote != .character("'"), let next = rest.popFirst()
            {
                if quote != nil, next != .character("\\"), next != quote { value.append(unit) }
                value.append(next)
            } else if quote != nil {
                value.append(unit)
            } else if unit == .character("\"") || unit == .character("'") {
                quote = unit
            } else if unit == .character(",") {
                break
            } else {
                value.append(unit)
            }
        }
        guard quote == nil else { return nil }
        while value.last?.character?.isWhitespace ?? false { value.removeLast() }
        return value
    }

    private static func plain(_ units: [Unit]) -> String? {
        let characters = units.compactMap(\.character)
        return characters.count == units.count ? String(characters) : nil
    }

    private static func text(of units: [Unit]) -> PercentText {
        PercentText(
            pieces: units.map { unit in
                switch unit {
                case .character(let character): .literal(String(character))
                case .reference(let piece): piece
                }
            }
        )
    }
}
