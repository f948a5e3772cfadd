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
        guard text.utf8.contains(Self.percent) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.utf8.firstIndex(of: Self.percent) {
            result += rest[..<start]
            let end: String.Index
            if rest.utf8[start...].starts(with: "%%(".utf8) {
                end = rest.utf8.index(start, offsetBy: 3)
                result += "%("
            } else if rest.utf8[start...].starts(with: "%(".utf8) {
                let reference = try Reference(in: text, at: start)
                end = reference.end
                result += try value(of: reference, in: text)
            } else {
                end = rest.utf8.index(after: start)
                result += "%"
            }
            rest = text[end...]
        }
        return result + rest
    }

    private static let percent = UInt8(ascii: "%")

    private func value(of reference: Reference, in text: String) throws(Malformed) -> String {
        func fail(_ reason: String) -> Malformed {
            Malformed(reason, text, reference.start..<reference.end)
        }
        let name = reference.name
        if let number = numbers[name] { return reference.format(number) }
        let found: String
        if name.hasPrefix("ENV_") {
            let variable = String(name.dropFirst(4))
            guard let value = environment[variable] else {
                throw fail("the environment has no variable \(quoted(variable))")
            }
            found = value
        } else {
            guard let value = texts[name] else {
                let known = (Array(texts.keys) + Array(numbers.keys)).sorted() + ["ENV_…"]
                throw fail(
                    "there is nothing called \(quoted(name)) to expand; the names here are "
                        + known.joined(separator: ", ")
                )
            }
            found = value
        }
        guard !reference.isNumber else {
            throw fail("%(\(name))d asks for a number; write %(\(name))s")
        }
        return reference.pad(found, with: " ")
    }
}

extension Expansion.Malformed {
    /// Says what is wrong with a part of a text.
    fileprivate init(_ reason: String, _ text: String, _ part: Range<String.Index>) {
        let scalars = text.unicodeScalars
        self.init(
            reason: reason,
            offset: scalars.distance(from: scalars.startIndex, to: part.lowerBound),
            length: scalars.distance(from: part.lowerBound, to: part.upperBound)
        )
    }
}

/// One `%(name)02d` in a text.
private struct Reference {
    let name: String
    let start: String.Index
    let end: String.Index
    /// Whether it ends in `d`.
    let isNumber: Bool
    private let width: Int
    private let padsWithZeros: Bool

    init(in text: String, at start: String.Index) throws(Expansion.Malformed) {
        let bytes = text.utf8
        let open = bytes.index(start, offsetBy: 2)
        guard let close = bytes[open...].firstIndex(of: UInt8(ascii: ")")) else {
            throw .init(
                "'%(' begins an expansion but no ')' follows; write '%%(' for the text",
                text,
                start..<open
            )
        }
        let digits = bytes[bytes.index(after: close)...].prefix {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        let last = digits.endIndex
        guard last < bytes.endIndex,
            bytes[last] == UInt8(ascii: "s") || bytes[last] == UInt8(ascii: "d"),
            let width = digits.isEmpty ? 0 : Int(Substring(digits)), width <= 64
        else {
            throw .init(
                "an expansion ends in s or d, as in %(name)s or %(process_num)02d",
                text,
                start..<last
            )
        }
        name = String(text[open..<close])
        self.start = start
        end = bytes.index(after: last)
        isNumber = bytes[last] == UInt8(ascii: "d")
        self.width = width
        padsWithZeros = digits.first == UInt8(ascii: "0")
    }

    func format(_ number: Int) -> String {
        pad(String(number), with: isNumber && padsWithZeros ? "0" : " ")
    }

    func pad(_ text: String, with filler: String) -> String {
        guard width > 0 else { return text }
        return String(repeating: filler, count: max(0, width - text.count)) + text
    }
}
