// SPDX-License-Identifier: Apache-2.0

import Supervision
import YAML

/// The value of one key, typed but not yet expanded.
enum Value {
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case octal(UInt32)
    case duration(Duration)
    /// The word for "without limit": `never`, `forever`.
    case unlimited
    case size(UInt64)
    case signal(Signal)
    case choice(String)
    case exitCodes(Set<Int32>)
    case text(Template)
    case texts([Template])
    case environment([(name: String, value: Template)])
    case map(Section)
}

/// Text of the file that may still contain `%(name)s`, and where it stands.
struct Template {
    var text: String
    var mark: Mark
    /// Whether the text stands in the file as it is here, so that places in it can be shown.
    var isLiteral: Bool

    init(_ text: String, at mark: Mark, isLiteral: Bool = false) {
        self.text = text
        self.mark = mark
        self.isLiteral = isLiteral
    }
}

/// The keys of one map of the file that could be read, by name.
struct Section {
    private var values: [String: Value] = [:]
    /// Where the value of each key stands.
    private(set) var marks: [String: Mark] = [:]

    subscript(key: String) -> Value? { values[key] }

    mutating func set(_ key: String, _ value: Value, at mark: Mark) {
        values[key] = value
        marks[key] = mark
    }

    func boolean(_ key: String) -> Bool? {
        if case .boolean(let value) = values[key] { value } else { nil }
    }

    func integer(_ key: String) -> Int? {
        if case .integer(let value) = values[key] { value } else { nil }
    }

    func number(_ key: String) -> Double? {
        if case .number(let value) = values[key] { value } else { nil }
    }

    func octal(_ key: String) -> UInt32? {
        if case .octal(let value) = values[key] { value } else { nil }
    }

    func duration(_ key: String) -> Duration? {
        if case .duration(let value) = values[key] { value } else { nil }
    }

    func size(_ key: String) -> UInt64? {
        if case .size(let value) = values[key] { value } else { nil }
    }

    func signal(_ key: String) -> Signal? {
        if case .signal(let value) = values[key] { value } else { nil }
    }

    func choice(_ key: String) -> String? {
        if case .choice(let value) = values[key] { value } else { nil }
    }

    func exitCodes(_ key: String) -> Set<Int32>? {
        if case .exitCodes(let value) = values[key] { value } else { nil }
    }

    func text(_ key: String) -> Template? {
        if case .text(let value) = values[key] { value } else { nil }
    }

    func texts(_ key: String) -> [Template]? {
        if case .texts(let value) = values[key] { value } else { nil }
    }

    func environment(_ key: String) -> [(name: String, value: Template)]? {
        if case .environment(let value) = values[key] { value } else { nil }
    }

    func map(_ key: String) -> Section? {
        if case .map(let value) = values[key] { value } else { nil }
    }

    func isUnlimited(_ key: String) -> Bool {
        if case .unlimited = values[key] { true } else { false }
    }
}
