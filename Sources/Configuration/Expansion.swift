// SPDX-License-Identifier: Apache-2.0

/// The names that `%(name)s` can stand for, and what they stand for.
///
/// Text is expanded once and the result is never looked at again, so what a variable holds cannot
/// change the structure around it. A `%` that is not followed by `(` is itself.
package struct Expansion: Sendable {
    /// Names of texts, such as `program_name`.
    package var texts: [String: String]
    /// Names of numbers, such as `process_num`, which `%(name)02d` can pad.
    package var numbers: [String: Int]
    /// What `ENV_X` finds under `X`.
    package var environment: [String: String]

    package init(
        texts: [String: String] = [:],
        numbers: [String: Int] = [:],
        environment: [String: String] = [:]
    ) {
        self.texts = texts
        self.numbers = numbers
        self.environment = environment
    }

    /// Why a text cannot be expanded, and where, in characters from its beginning.
    package struct Malformed: Error, Hashable, Sendable {
        package let reason: String
        package let offset: Int
        package let length: Int
    }

    /// Replaces every `%(name)s` of `text`, and `%%(` by `%(`.
    package func expand(_ text: String) throws(Malformed) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let characters = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var offset = 0
        while offset < characters.count {
            if characters[offset...].starts(with: "%%(".unicodeScalars) {
                result.append(contentsOf: "%(".unicodeScalars)
                offset += 3
            } else if characters[offset...].starts(with: "%(".unicodeScalars) {
                let reference = try Reference(in: characters, at: offset)
                result.append(contentsOf: try value(of: reference).unicodeScalars)
                offset += reference.length
            } else {
                result.append(characters[offset])
                offset += 1
            }
        }
        return String(result)
    }

    private func value(of reference: Reference) throws(Malformed) -> String {
        func fail(_ reason: String) -> Malformed {
            Malformed(reason: reason, offset: reference.offset, length: reference.length)
        }
        let name = reference.name
        if let number = numbers[name] { return reference.format(number) }
        let text: String
        if name.hasPrefix("ENV_") {
            let variable = String(name.dropFirst(4))
            guard let value = environment[variable] else {
                throw fail("the environment has no variable \(quoted(variable))")
            }
            text = value
        } else {
            guard let value = texts[name] else {
                let known = (Array(texts.keys) + Array(numbers.keys)).sorted() + ["ENV_…"]
                throw fail(
                    "there is nothing called \(quoted(name)) to expand; the names here are "
                        + known.joined(separator: ", ")
                )
            }
            text = value
        }
        guard !reference.isNumber else {
            throw fail("%(\(name))d asks for a number; write %(\(name))s")
        }
        return reference.pad(text, with: " ")
    }
}

/// One `%(name)02d` in a text.
private struct Reference {
    let name: String
    let offset: Int
    let length: Int
    /// Whether it ends in `d`.
    let isNumber: Bool
    private let width: Int
    private let padsWithZeros: Bool

    init(in characters: [Unicode.Scalar], at offset: Int) throws(Expansion.Malformed) {
        guard let close = characters[offset...].firstIndex(of: ")") else {
            throw .init(
                reason: "'%(' begins an expansion but no ')' follows; write '%%(' for the text",
                offset: offset,
                length: 2
            )
        }
        var end = close + 1
        while end < characters.count, ("0"..."9").contains(characters[end]) { end += 1 }
        let digits = String(String.UnicodeScalarView(characters[close + 1..<end]))
        guard end < characters.count, characters[end] == "s" || characters[end] == "d",
            let width = digits.isEmpty ? 0 : Int(digits), width <= 64
        else {
            throw .init(
                reason: "an expansion ends in s or d, as in %(name)s or %(process_num)02d",
                offset: offset,
                length: end - offset
            )
        }
        name = String(String.UnicodeScalarView(characters[offset + 2..<close]))
        self.offset = offset
        length = end + 1 - offset
        isNumber = characters[end] == "d"
        self.width = width
        padsWithZeros = digits.hasPrefix("0")
    }

    func format(_ number: Int) -> String {
        pad(String(number), with: isNumber && padsWithZeros ? "0" : " ")
    }

    func pad(_ text: String, with filler: String) -> String {
        String(repeating: filler, count: max(0, width - text.count)) + text
    }
}
