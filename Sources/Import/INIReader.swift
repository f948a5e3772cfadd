// SPDX-License-Identifier: Apache-2.0

/// Reads an INI file as the parser of supervisord reads it (Python's RawConfigParser, not strict).
///
/// A comment begins with `;` or `#` at the start of a line or behind a blank, also inside quotes.
/// A line that is indented deeper than its key goes on with the value, and so does an empty one.
/// Sections of one name are one section, and of equal keys the last one counts.
struct INIReader {
    private(set) var document: INIDocument
    private(set) var findings: [Finding] = []
    private let file: String
    private let folder: String
    private var line = 0
    private var section: Int?
    /// The key that a deeper line goes on with.
    private var key: (name: String, indent: Int)?
    private var indent = 0
    /// Comment lines that wait for what they stand above; nil is an empty line.
    private var pending: [String?] = []

    /// Reads the text of one file into what other files have said before.
    init(_ text: String, file: String, folder: String, into document: INIDocument = INIDocument()) {
        self.file = file
        self.folder = folder
        self.document = document
        for text in INIReader.lines(of: text) {
            line += 1
            read(text)
        }
        endSection()
        for index in self.document.sections.indices {
            for key in self.document.sections[index].keys.indices {
                let text = self.document.sections[index].keys[key].value.text
                self.document.sections[index].keys[key].value.text = String(text.trimmed)
            }
        }
    }

    private static func lines(of text: String) -> [String] {
        var lines: [String] = [""]
        var scalars = text.unicodeScalars.drop { $0 == "\u{FEFF}" }
        while let scalar = scalars.popFirst() {
            if scalar == "\r", scalars.first == "\n" { continue }
            if scalar == "\n" || scalar == "\r" {
                lines.append("")
            } else {
                lines[lines.count - 1].unicodeScalars.append(scalar)
            }
        }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private var place: Place { Place(file: file, line: line) }

    private mutating func read(_ text: String) {
        let (content, comment) = INIReader.split(text)
        guard !content.isEmpty else {
            if let comment {
                pending.append(comment)
            } else {
                pending.append(nil)
                if let key, let section { goOn(key.name, in: section, with: "") }
            }
            return
        }
        let depth = text.prefix { $0.isWhitespace }.count
        if let key, let section, depth > key.indent {
            goOn(key.name, in: section, with: content, comment)
            return
        }
        indent = depth
        if content.hasPrefix("["), let close = content.lastIndex(of: "]"),
            content.index(after: content.startIndex) < close
        {
            begin(String(content[content.index(after: content.startIndex)..<close]))
        } else if let section {
            readKey(content, comment, in: section)
        } else {
            lose("supervisord refuses this line: it stands before the first [section]")
        }
    }

    /// The text before a comment, without blanks at its ends, and the comment without its mark.
    private static func split(_ text: String) -> (content: String, comment: String?) {
        let characters = Array(text)
        let marks: Set<Character> = [";", "#"]
        let whole = text.trimmed
        if let first = whole.first, marks.contains(first) {
            return ("", String(whole.drop { marks.contains($0) }.trimmed))
        }
        for (index, character) in characters.enumerated().dropFirst()
        where marks.contains(character) && characters[index - 1].isWhitespace {
            let comment = String(characters[(index + 1)...])
            return (String(String(characters[..<index]).trimmed), String(comment.trimmed))
        }
        return (String(whole), nil)
    }

    private mutating func begin(_ name: String) {
        let above = pending.reversed().prefix { $0 != nil }.compactMap(\.self)
        pending.removeLast(above.count)
        endSection()
        let index = document.index(of: name, at: place)
        document.sections[index].comments += above.reversed()
        section = index
        key = nil
    }

    /// Gives the comments that nothing follows to the section they stand in.
    private mutating func endSection() {
        let rest = pending.compactMap(\.self)
        pending = []
        if let section {
            document.sections[section].tail += rest
        } else if document.sections.isEmpty {
            document.heading += rest
        }
    }

    private mutating func readKey(_ content: String, _ comment: String?, in section: Int) {
        guard let delimiter = content.firstIndex(where: { $0 == "=" || $0 == ":" }),
            delimiter != content.startIndex
        else {
            lose("supervisord refuses this line: it is neither a [section] nor KEY = VALUE")
            return
        }
        let name = content[..<delimiter].trimmed.lowercased()
        let value = INIValue(
            text: String(content[content.index(after: delimiter)...].trimmed),
            place: place,
            folder: folder,
            comments: pending.compactMap(\.self),
            remark: comment
        )
        pending = []
        document.sections[section].set(name, value)
        key = (name, indent)
    }

    private mutating func goOn(
        _ name: String,
        in section: Int,
        with text: String,
        _ comment: String? = nil
    ) {
        guard let index = document.sections[section].keys.firstIndex(where: { $0.name == name })
        else { return }
        document.sections[section].keys[index].value.text += "\n" + text
        if !text.isEmpty {
            document.sections[section].keys[index].value.comments += pending.compactMap(\.self)
            pending = []
        }
        if let comment { document.sections[section].keys[index].value.comments.append(comment) }
    }

    private mutating func lose(_ message: String) {
        findings.append(Finding(weight: .lost, place: place, message: message))
    }
}
