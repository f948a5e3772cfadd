// SPDX-License-Identifier: Apache-2.0

/// A piece of a YAML file: text, a list, or a map, with its place.
///
/// Nothing is guessed about types: a scalar is its text and whether it was quoted, and whoever
/// reads it decides what it means. Aliases and merge keys are already resolved.
package struct Node: Hashable, Sendable {
    /// What a node holds.
    package enum Content: Hashable, Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([Entry])
    }

    package var content: Content
    package var mark: Mark

    package init(_ content: Content, at mark: Mark) {
        self.content = content
        self.mark = mark
    }
}

/// The text of a scalar as it means, not as it was spelled.
package struct Scalar: Hashable, Sendable {
    package var text: String
    /// Whether it was written without quotes and not as a block.
    package var isPlain: Bool

    package init(_ text: String, isPlain: Bool = true) {
        self.text = text
        self.isPlain = isPlain
    }

    /// Whether it was quoted or written as a block, and so can only be meant as text.
    package var isQuoted: Bool { !isPlain }

    /// Whether nothing was written at all, as after `key:` at the end of a line.
    package var isAbsent: Bool { isPlain && text.isEmpty }
}

/// One `key: value` of a map; maps keep the order of the file.
package struct Entry: Hashable, Sendable {
    package var key: String
    package var keyMark: Mark
    package var value: Node

    package init(key: String, keyMark: Mark, value: Node) {
        self.key = key
        self.keyMark = keyMark
        self.value = value
    }
}

extension Node {
    /// The scalar, or nil for a list or a map.
    package var scalar: Scalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    /// The items of a list, or nil for anything else.
    package var sequence: [Node]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// The entries of a map in the order of the file, or nil for anything else.
    package var mapping: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// Whether the file gives a key but nothing after it.
    package var isAbsent: Bool { scalar?.isAbsent ?? false }

    /// The value of `key` in a map; nil when there is none, or this is no map.
    package subscript(key: String) -> Node? {
        mapping?.first { $0.key == key }?.value
    }
}
