// SPDX-License-Identifier: Apache-2.0

/// One parameter of a route's query, with its type and default.
package struct QueryParameter: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// `true` or `false`.
        case flag(default: Bool)
        /// A number of bytes.
        case bytes(default: Int)
        /// A place in a file; from its end when it is negative.
        case offset(default: Int)
        /// Names joined by commas; without it the default, where there is one.
        case list(default: [String])
        /// One word, never empty.
        case text
        /// An absolute path.
        case path
        /// The number of an event.
        case serial
    }

    /// The most bytes of a log that one request may ask for: 16 MiB.
    package static let bytesLimit = 16 * 1024 * 1024

    package let name: String
    package let kind: Kind
    package let summary: String
}

/// A value of a query parameter.
enum QueryValue: Hashable, Sendable {
    case flag(Bool)
    case bytes(Int)
    case offset(Int)
    case list([String])
    case text(String)
    case path(String)
    case serial(UInt64)
}

extension QueryParameter {
    /// The value when the query does not have the parameter; nil when there is none.
    var defaultValue: QueryValue? {
        switch kind {
        case .flag(let value): .flag(value)
        case .bytes(let value): .bytes(value)
        case .offset(let value): .offset(value)
        case .list(let value): .list(value)
        case .text, .path, .serial: nil
        }
    }

    /// Reads what stands behind the equals sign.
    func parse(_ raw: Substring) throws(APIError) -> QueryValue {
        switch kind {
        case .flag:
            switch raw {
            case "true": return .flag(true)
            case "false": return .flag(false)
            default: throw .badRequest("The parameter '\(name)' is neither true nor false.")
            }
        case .bytes:
            guard let count = Int(raw), raw.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
                0...Self.bytesLimit ~= count
            else {
                throw .badRequest(
                    "The parameter '\(name)' is not a number from 0 to \(Self.bytesLimit)."
                )
            }
            return .bytes(count)
        case .offset:
            guard let place = Int(raw), !raw.hasPrefix("+") else {
                throw .badRequest("The parameter '\(name)' is not a whole number.")
            }
            return .offset(place)
        case .list:
            return .list(try NameList.parse(raw))
        case .text:
            guard let text = PercentCoding.decode(raw) else {
                throw .badRequest("The parameter '\(name)' is empty or not properly encoded.")
            }
            return .text(text)
        case .path:
            guard let path = PercentCoding.decode(raw, isPath: true), path.hasPrefix("/") else {
                throw .badRequest(
                    "The parameter '\(name)' is no absolute path, or not properly encoded."
                )
            }
            return .path(path)
        case .serial:
            guard let number = EventNote.serial(raw) else {
                throw .badRequest("The parameter '\(name)' is not the number of an event.")
            }
            return .serial(number)
        }
    }

    /// Writes the value; nil when it cannot stand in a URL.
    func format(_ value: QueryValue) -> String? {
        switch value {
        case .flag(let flag): flag ? "true" : "false"
        case .bytes(let count): String(count)
        case .offset(let place): String(place)
        case .list(let names): NameList.format(names)
        case .text(let text): PercentCoding.encode(text)
        case .path(let path): PercentCoding.encode(path, isPath: true)
        case .serial(let number): String(number)
        }
    }
}

/// Names joined by commas; a comma within a name is escaped.
enum NameList {
    static func parse(_ raw: Substring) throws(APIError) -> [String] {
        var names: [String] = []
        for piece in raw.split(separator: ",", omittingEmptySubsequences: false) {
            guard let name = PercentCoding.decode(piece) else {
                throw .badRequest(
                    "A name in the address is empty or not properly encoded.",
                    hint: "Join names with single commas; escape other characters as %XX."
                )
            }
            names.append(name)
        }
        return names
    }

    static func format(_ names: [String]) -> String? {
        var pieces: [String] = []
        for name in names {
            guard let piece = PercentCoding.encode(name) else { return nil }
            pieces.append(piece)
        }
        return pieces.isEmpty ? nil : pieces.joined(separator: ",")
    }
}

extension APIError {
    static func badRequest(_ message: String, hint: String? = nil) -> APIError {
        APIError(.badRequest, message, hint: hint)
    }
}
