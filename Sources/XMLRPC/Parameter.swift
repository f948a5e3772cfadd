// SPDX-License-Identifier: Apache-2.0

/// A parameter of a method: its name, its type, and what it is when it is left out.
struct Parameter: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case string
        case int
        /// Anything that Python takes for true or false.
        case flag
        /// A name or a number.
        case signal
        /// Text, or bytes.
        case bytes
        case array

        /// The word for it in a signature.
        var word: String {
            switch self {
            case .string, .signal, .bytes: "string"
            case .int: "int"
            case .flag: "boolean"
            case .array: "array"
            }
        }
    }

    let name: String
    let kind: Kind
    let summary: String
    /// Nil when it must be given.
    let standard: XMLValue?

    init(_ name: String, _ kind: Kind, _ summary: String, default standard: XMLValue? = nil) {
        self.name = name
        self.kind = kind
        self.summary = summary
        self.standard = standard
    }

    /// Whether a value is of the kind; supervisord's clients are Python, and as careless.
    func takes(_ value: XMLValue) -> Bool {
        switch (kind, value) {
        case (.string, .text), (.string, .bytes), (.bytes, .text), (.bytes, .bytes),
            (.signal, .text), (.signal, .int), (.array, .array),
            (.int, .int), (.int, .bool), (.flag, .bool), (.flag, .int), (.flag, .text):
            true
        case (.int, .text(let text)): Int(text) != nil
        case (.int, .double(let number)): Int(exactly: number.rounded(.towardZero)) != nil
        default: false
        }
    }
}

/// The parameters of a call that its method accepts, by position.
struct Arguments: Hashable, Sendable {
    private let values: [XMLValue]

    /// Takes what a client gave, and the defaults for what it left out.
    init(_ given: [XMLValue], for parameters: [Parameter]) throws(Fault) {
        guard given.count <= parameters.count else { throw Fault(.incorrectParameters) }
        var values = given
        for parameter in parameters.dropFirst(given.count) {
            guard let standard = parameter.standard else { throw Fault(.incorrectParameters) }
            values.append(standard)
        }
        for (parameter, value) in zip(parameters, values) where !parameter.takes(value) {
            throw Fault(.incorrectParameters, parameter.name)
        }
        self.values = values
    }

    func text(_ index: Int) -> String {
        switch values[index] {
        case .text(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .int(let number): String(number)
        default: ""
        }
    }

    func bytes(_ index: Int) -> [UInt8] {
        if case .bytes(let bytes) = values[index] { bytes } else { Array(text(index).utf8) }
    }

    func flag(_ index: Int) -> Bool {
        switch values[index] {
        case .bool(let truth): truth
        case .int(let number): number != 0
        case .text(let text): !text.isEmpty
        default: false
        }
    }

    func int(_ index: Int) -> Int {
        switch values[index] {
        case .int(let number): number
        case .bool(let truth): truth ? 1 : 0
        case .text(let text): Int(text) ?? 0
        case .double(let number): Int(exactly: number.rounded(.towardZero)) ?? 0
        default: 0
        }
    }

    func array(_ index: Int) -> [XMLValue] {
        if case .array(let values) = values[index] { values } else { [] }
    }
}
