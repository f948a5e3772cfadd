// SPDX-License-Identifier: Apache-2.0

/// Text with Python's `%(name)s` in it, as supervisord expands it, to be written as swisord does.
///
/// To supervisord each `%` is the beginning of something, and `%%` is a percent sign. Here a `%`
/// is itself, and only `%(` is special, written `%%(` where it is meant literally.
struct PercentText: Hashable, Sendable {
    /// A piece of the text.
    enum Piece: Hashable, Sendable {
        case literal(String)
        /// `%(name)02d`, with what stands between `)` and the letter, and the letter.
        case reference(name: String, width: String, letter: Character)
    }

    /// Why a text has no counterpart.
    struct Unwritable: Error, Hashable {
        let reason: String
    }

    var pieces: [Piece] = []

    /// Takes a text apart, once, or twice where supervisord expands the result once more, as it
    /// does with the names of logs and with its own `environment`.
    init(_ text: String, isExpandedTwice: Bool = false) throws(Unwritable) {
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                append(String(character))
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                append("%")
            } else {
                pieces.append(try PercentText.reference(&rest))
            }
        }
        guard isExpandedTwice else { return }
        let once = pieces
        pieces = []
        for piece in once {
            switch piece {
            case .literal(let text):
                for inner in try PercentText(text).pieces { add(inner) }
            case .reference: pieces.append(piece)
            }
        }
    }

    init(pieces: [Piece]) {
        for piece in pieces { add(piece) }
    }

    private mutating func add(_ piece: Piece) {
        switch piece {
        case .literal(let text): append(text)
        case .reference: pieces.append(piece)
        }
    }

    private mutating func append(_ text: String) {
        if case .literal(let before) = pieces.last {
            pieces[pieces.count - 1] = .literal(before + text)
        } else {
            pieces.append(.literal(text))
        }
    }

    private static func reference(_ rest: inout ArraySlice<Character>) throws(Unwritable) -> Piece {
        guard rest.first == "(", let close = rest.firstIndex(of: ")") else {
            let shown = String(rest.prefix(1))
            throw Unwritable(
                reason: "supervisord refuses '%\(shown)'; a percent sign is '%%' to it"
            )
        }
        let name = String(rest[(rest.startIndex + 1)..<close])
        rest = rest[(close + 1)...]
        var width = ""
        while let next = rest.first, next.isNumber || "-+ #.".contains(next) {
            width.append(next)
            rest.removeFirst()
        }
        guard let letter = rest.popFirst() else {
            throw Unwritable(reason: "supervisord refuses '%(\(name))' without a letter behind it")
        }
        let letters: [Character: Character] = ["s": "s", "d": "d", "i": "d", "u": "d"]
        guard let letter = letters[letter], width.allSatisfy(\.isNumber) else {
            throw Unwritable(
                reason: "the format of %(\(name))\(width)\(letter) cannot be written here"
            )
        }
        return .reference(name: name, width: width, letter: letter)
    }

    /// The names that the text refers to.
    var names: [String] {
        pieces.compactMap { piece in
            switch piece {
            case .literal: nil
            case .reference(let name, _, _): name
            }
        }
    }

    /// The text as swisord reads it, with `here`, already as swisord reads it, for the folder.
    func written(here: String) throws(Unwritable) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            case .literal(let text):
                result += text.replacing("%(", with: "%%(")
            case .reference("here", _, _):
                guard !result.hasSuffix("%") || !here.hasPrefix("(") else { throw Self.percent }
                result += here
            case .reference(let name, let width, let letter):
                guard !result.hasSuffix("%") else { throw Self.percent }
                result += "%(\(name))\(width)\(letter)"
            }
        }
        return result
    }

    private static let percent = Unwritable(
        reason: "a percent sign right before %(…) cannot be written here"
    )

    /// The text where nothing in it has to be expanded; nil where something has.
    var literal: String? {
        var result = ""
        for piece in pieces {
            switch piece {
            case .literal(let text): result += text
            case .reference: return nil
            }
        }
        return result
    }
}
