// SPDX-License-Identifier: Apache-2.0

/// An element of a call: its name, its children, and the text that stands between its tags.
struct XMLElement: Hashable, Sendable {
    let name: String
    var children: [XMLElement] = []
    /// Always UTF-8, whatever the encoding of the document.
    var text: [UInt8] = []

    init(_ name: String) {
        self.name = name
    }

    var string: String { String(decoding: text, as: UTF8.self) }

    /// The text without the blanks around it.
    var word: String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: text[first...last], as: UTF8.self)
    }

    /// The only child of a name; nil when there is none, or more than one.
    func only(_ name: String) -> XMLElement? {
        let found = children.filter { $0.name == name }
        return found.count == 1 ? found[0] : nil
    }
}
