// SPDX-License-Identifier: Apache-2.0

/// What is written after a key.
indirect enum YAMLValue: Hashable, Sendable {
    /// A word that needs no quotes, such as a number.
    case plain(String)
    /// Text, quoted where it has to be.
    case text(String)
    /// Lines that are joined with blanks when they are read.
    case folded([String])
    /// Texts on one line in brackets.
    case list([String])
    /// Texts on lines of their own.
    case items([String])
    case map([YAMLEntry])
}

/// A key with its value and the comments around it.
struct YAMLEntry: Hashable, Sendable {
    var key: String
    var value: YAMLValue
    /// Comment lines above, without `#`.
    var comments: [String] = []
    /// The comment behind the value.
    var remark: String?
    /// Comment lines below, on the level of what is in the map.
    var tail: [String] = []

    init(_ key: String, _ value: YAMLValue, comments: [String] = [], remark: String? = nil) {
        self.key = key
        self.value = value
        self.comments = comments
        self.remark = remark
    }

    /// The keys of the map that the entry holds.
    var entries: [YAMLEntry] {
        if case .map(let entries) = value { entries } else { [] }
    }
}

extension [YAMLEntry] {
    subscript(key: String) -> YAMLEntry? {
        get { first { $0.key == key } }
        set {
            if let index = firstIndex(where: { $0.key == key }) {
                if let newValue { self[index] = newValue } else { remove(at: index) }
            } else if let newValue {
                append(newValue)
            }
        }
    }

    /// Gives a key another value and keeps the comments around it.
    mutating func set(_ key: String, _ value: YAMLValue, remark: String? = nil) {
        var entry = self[key] ?? YAMLEntry(key, value)
        entry.value = value
        entry.remark = remark ?? entry.remark
        self[key] = entry
    }
}
