// SPDX-License-Identifier: Apache-2.0

/// Swift or C source without its comments and without what stands in string literals.
///
/// Lines are kept, so that a line number of the bare text is one of the file. Interpolated
/// expressions count as part of their string: a rule that must see them has no business in one.
struct BareSource {
    private var rest: Substring
    private var bare = ""

    /// Returns `text` with comments and the contents of strings removed.
    static func of(_ text: String) -> String {
        var reader = BareSource(rest: text[...])
        reader.readAll()
        return reader.bare
    }

    private init(rest: Substring) {
        self.rest = rest
    }

    private mutating func readAll() {
        while let next = rest.first {
            if rest.hasPrefix("//") {
                skip(while: { $0 != "\n" })
            } else if rest.hasPrefix("/*") {
                skipBlockComment()
            } else if next == "'", rest.dropFirst(2).first == "'" {
                // A character of C, which may be a quote.
                rest = rest.dropFirst(3)
            } else if next == "\"" || next == "#" {
                readStringOrHash()
            } else {
                bare.append(next)
                rest.removeFirst()
            }
        }
    }

    private mutating func readStringOrHash() {
        let hashes = rest.prefix { $0 == "#" }
        let afterHashes = rest.dropFirst(hashes.count)
        guard afterHashes.first == "\"" else {
            // `#if`, `#expect`: not a string.
            bare += hashes
            rest = afterHashes
            return
        }
        bare += "\"\""
        let quote = afterHashes.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
        rest = afterHashes.dropFirst(quote.count)
        skipString(end: quote + hashes, escape: "\\" + hashes)
    }

    private mutating func skipString(end: String, escape: String) {
        while let next = rest.first, !rest.hasPrefix(end) {
            if rest.hasPrefix(escape) {
                rest = rest.dropFirst(escape.count)
                if rest.first == "(" {
                    skipInterpolation()
                } else {
                    keepNewline(rest.popFirst())
                }
            } else {
                keepNewline(next)
                rest.removeFirst()
            }
        }
        rest = rest.dropFirst(end.count)
    }

    /// Skips from an opening parenthesis to its partner, over strings inside.
    private mutating func skipInterpolation() {
        var depth = 0
        while let next = rest.first {
            if next == "\"" {
                let length = bare.count
                readStringOrHash()
                // The placeholder of the inner string is not wanted; its newlines are.
                let added = bare.suffix(bare.count - length)
                bare = String(bare.prefix(length)) + added.filter { $0 == "\n" }
                continue
            }
            rest.removeFirst()
            keepNewline(next)
            if next == "(" { depth += 1 }
            if next == ")" { depth -= 1 }
            if depth == 0 { return }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if rest.hasPrefix("/*") {
                depth += 1
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("*/") {
                depth -= 1
                rest = rest.dropFirst(2)
            } else {
                keepNewline(rest.popFirst())
            }
        } while depth > 0 && !rest.isEmpty
    }

    private mutating func skip(while condition: (Character) -> Bool) {
        rest = rest.drop(while: condition)
    }

    private mutating func keepNewline(_ character: Character?) {
        if character == "\n" { bare.append("\n") }
    }
}
