// SPDX-License-Identifier: Apache-2.0

/// The text after a key, where it stands, and the comments around it.
struct INIValue: Hashable, Sendable {
    /// Lines that continue the value are joined with newlines, as supervisord sees them.
    var text: String
    var place: Place
    /// What `%(here)s` stands for: the folder of the file.
    var folder: String
    /// The comment lines above it, without their `;` or `#`.
    var comments: [String] = []
    /// The comment behind it.
    var remark: String?
}

/// One key of a section.
struct INIKey: Hashable, Sendable {
    var name: String
    var value: INIValue
}

/// A section of an INI file, its keys in the order in which they first stood.
struct INISection: Hashable, Sendable {
    var name: String
    var place: Place
    var comments: [String] = []
    var keys: [INIKey] = []
    /// The comment lines behind the last key.
    var tail: [String] = []

    subscript(name: String) -> INIValue? {
        keys.first { $0.name == name }?.value
    }

    /// The last of several equal keys wins, at the place of the first.
    mutating func set(_ name: String, _ value: INIValue) {
        if let index = keys.firstIndex(where: { $0.name == name }) {
            keys[index].value = value
        } else {
            keys.append(INIKey(name: name, value: value))
        }
    }

    /// `program` for `program:web`.
    var kind: String { String(name.prefix { $0 != ":" }) }

    /// `web` for `program:web`.
    var label: String {
        let rest = name.drop { $0 != ":" }.dropFirst()
        return String(rest.trimmed)
    }
}

/// All sections of a file and of those it includes.
struct INIDocument: Hashable, Sendable {
    /// The comment lines that stand apart at the top.
    var heading: [String] = []
    var sections: [INISection] = []

    subscript(name: String) -> INISection? {
        sections.first { $0.name == name }
    }

    /// The place of the section called `name`, made when there is none yet.
    mutating func index(of name: String, at place: Place) -> Int {
        if let index = sections.firstIndex(where: { $0.name == name }) { return index }
        sections.append(INISection(name: name, place: place))
        return sections.count - 1
    }
}

extension StringProtocol {
    /// The text without blanks at its ends.
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
