// SPDX-License-Identifier: Apache-2.0

/// What a key takes; it alone decides how the text after the key is read.
package enum ValueKind: Hashable, Sendable {
    case boolean
    case integer(ClosedRange<Int>)
    /// A whole number, or the word that means "without limit".
    case integerOr(ClosedRange<Int>, word: String)
    /// A number with or without a fraction.
    case number(ClosedRange<Double>)
    /// Up to four octal digits.
    case octal
    case duration
    /// A duration, or the word that means "without limit".
    case durationOr(word: String)
    case size
    case signal
    case choice([String])
    case exitCodes
    case text
    case path
    /// A path or a list of paths, each with `-` before it when the file may be missing.
    case environmentFiles
    case command
    /// A path or one of the words AUTO, NONE, INHERIT and SYSLOG.
    case logDestination
    case user
    case environment
    case names
    /// A map with keys of its own.
    case map(KeyTable)
}

extension ValueKind {
    /// What the key takes, to stand after "takes" in a message.
    package var expectation: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): "a whole number\(bounds(range))"
        case .integerOr(let range, let word): "a whole number\(bounds(range)), or '\(word)'"
        case .number(let range):
            "a number from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
        case .octal: "octal digits such as 022"
        case .duration: "a duration such as 10s, 1m30s or 500ms"
        case .durationOr(let word): "a duration such as 10s, 1m30s or 500ms, or '\(word)'"
        case .size: "a size such as 50MB, 512KiB or 0"
        case .signal: "a signal such as TERM, SIGTERM or 15"
        case .choice(let words): list(words)
        case .exitCodes: "exit codes from 0 to 255 such as [0, 2]"
        case .text: "text"
        case .path: "a path"
        case .environmentFiles: "a path or a list of paths"
        case .command: "text, or a list of arguments"
        case .logDestination: "a path, AUTO, NONE, INHERIT or SYSLOG"
        case .user: "a user such as name, name:group or 1000:100"
        case .environment: "a map of names and texts"
        case .names: "a list of names such as [one, two]"
        case .map: "a map"
        }
    }

    /// The kind as the manual page names it.
    package var typeName: String {
        switch self {
        case .boolean: "boolean"
        case .integer: "integer"
        case .integerOr(_, let word): "integer or \(word)"
        case .number: "number"
        case .octal: "octal"
        case .duration: "duration"
        case .durationOr(let word): "duration or \(word)"
        case .size: "size"
        case .signal: "signal"
        case .choice(let words): list(words)
        case .exitCodes: "list of exit codes"
        case .text: "text"
        case .path: "path"
        case .environmentFiles: "path or list of paths"
        case .command: "text or list"
        case .logDestination: "path or word"
        case .user: "user"
        case .environment: "map of texts"
        case .names: "list of names"
        case .map: "map"
        }
    }
}

private func bounds(_ range: ClosedRange<Int>) -> String {
    range.upperBound >= Int(Int32.max)
        ? (range.lowerBound <= Int(Int32.min) ? "" : " from \(range.lowerBound)")
        : " from \(range.lowerBound) to \(range.upperBound)"
}

private func plain(_ number: Double) -> String {
    number == number.rounded() ? String(Int(number)) : String(number)
}

private func list(_ words: [String]) -> String {
    words.count < 2
        ? words.joined()
        : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
}
