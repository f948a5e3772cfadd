// SPDX-License-Identifier: Apache-2.0

/// Writes entries as YAML text, with quotes where a reader would take the text for something else.
struct YAMLWriter {
    private(set) var text = ""

    mutating func comment(_ lines: [String], indent: Int = 0) {
        for line in lines {
            let shown = YAMLWriter.printable(line)
            text += blanks(indent) + (shown.isEmpty ? "#\n" : "# \(shown)\n")
        }
    }

    mutating func emptyLine() {
        if !text.isEmpty, !text.hasSuffix("\n\n") { text += "\n" }
    }

    mutating func write(_ entries: [YAMLEntry], indent: Int = 0) {
        for entry in entries { write(entry, indent: indent) }
    }

    /// Writes a section whose entries are maps, with an empty line between them.
    mutating func section(_ name: String, _ entries: [YAMLEntry]) {
        guard !entries.isEmpty else { return }
        emptyLine()
        text += name + ":\n"
        for (index, entry) in entries.enumerated() {
            if index > 0 { emptyLine() }
            write(entry, indent: 2)
        }
    }

    private mutating func write(_ entry: YAMLEntry, indent: Int) {
        comment(entry.comments, indent: indent)
        let key = blanks(indent) + YAMLWriter.scalar(entry.key, inFlow: false) + ":"
        let remark = entry.remark.map { "  # " + YAMLWriter.printable($0) } ?? ""
        switch entry.value {
        case .plain(let word): text += "\(key) \(word)\(remark)\n"
        case .text(let value):
            text += "\(key) \(YAMLWriter.scalar(value, inFlow: false))\(remark)\n"
        case .list(let values):
            let shown = values.map { YAMLWriter.scalar($0, inFlow: true) }
            text += "\(key) [\(shown.joined(separator: ", "))]\(remark)\n"
        case .folded(let lines):
            text += "\(key) >-\(remark)\n"
            for line in lines { text += blanks(indent + 2) + line + "\n" }
        case .items(let values):
            text += "\(key)\(remark)\n"
            for value in values {
                text += blanks(indent + 2) + "- " + YAMLWriter.scalar(value, inFlow: false) + "\n"
            }
        case .map(let entries):
            guard !entries.isEmpty else {
                text += "\(key) {}\(remark)\n"
                return
            }
            text += "\(key)\(remark)\n"
            write(entries, indent: indent + 2)
        }
        comment(entry.tail, indent: indent + 2)
    }

    private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}

extension YAMLWriter {
    /// A text as a scalar on one line.
    static func scalar(_ text: String, inFlow: Bool) -> String {
        if isPlain(text, inFlow: inFlow) { return text }
        let scalars = Array(text.unicodeScalars)
        if isPrintable(text),
            !scalars.contains("'") || scalars.contains("\"") || scalars.contains("\\")
        {
            return "'" + scalars.map { $0 == "'" ? "''" : String($0) }.joined() + "'"
        }
        return "\"" + scalars.map(escaped).joined() + "\""
    }

    /// Whether a reader takes the bare text for this text and nothing else.
    private static func isPlain(_ text: String, inFlow: Bool) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
            return false
        }
        let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"]
        guard !words.contains(text.lowercased()), !looksLikeNumber(text) else { return false }
        guard
            !"-?:,[]{}#&*!|>'\"%@`~=<. ".unicodeScalars.contains(first)
                || text.hasPrefix("./") || text.hasPrefix("../")
        else { return false }
        // An accent may stand behind any of these, which makes another character of it to Swift alone.
        let pairs = zip(text.unicodeScalars, text.unicodeScalars.dropFirst())
        guard last != ":", last != " ",
            !pairs.contains(where: { $0 == (":", " ") || $0 == (" ", "#") })
        else { return false }
        if inFlow, text.unicodeScalars.contains(where: { ",[]{}".unicodeScalars.contains($0) }) {
            return false
        }
        return isPrintable(text)
    }

    /// Whether a text can stand in a file as it is.
    static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains(where: isControl)
    }

    private static func looksLikeNumber(_ text: String) -> Bool {
        guard let first = text.first, first.isNumber || "+-.".contains(first) else { return false }
        return text.allSatisfy { $0.isHexDigit || "+-._:xoXO".contains($0) }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse,
            .format:
            true
        case .closePunctuation, .connectorPunctuation, .currencySymbol, .dashPunctuation,
            .decimalNumber, .enclosingMark, .finalPunctuation, .initialPunctuation, .letterNumber,
            .lowercaseLetter, .mathSymbol, .modifierLetter, .modifierSymbol, .nonspacingMark,
            .openPunctuation, .otherLetter, .otherNumber, .otherPunctuation, .otherSymbol,
            .spaceSeparator, .spacingMark, .titlecaseLetter, .uppercaseLetter:
            false
        @unknown default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\t": return "\\t"
        default:
            guard isControl(scalar) else { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            let width = scalar.value > 0xFFFF ? 8 : 4
            let zeros = String(repeating: "0", count: width - digits.count)
            return (width == 8 ? "\\U" : "\\u") + zeros + digits
        }
    }

    /// A line of a comment without what would end it or what YAML does not allow.
    fileprivate static func printable(_ line: String) -> String {
        String(
            String.UnicodeScalarView(
                line.unicodeScalars.map { isControl($0) ? " " : $0 }
            )
        )
    }
}
