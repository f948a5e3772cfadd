// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// JSON as it is on the wire: keys as the types name them and sorted, a newline at the end.
///
/// The types say `state_code` themselves: having Foundation derive it key by key took a quarter of
/// the time in which a list is read.
///
/// This is the one file that imports Foundation, and the essential part of it only.
package enum JSONCoding {
    /// How deep arrays and objects may nest in what a client sends.
    package static let depthLimit = 32

    /// Writes a value, with a newline behind it.
    package static func encode(_ value: some Encodable) throws(APIError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            var data = try encoder.encode(value)
            data.append(UInt8(ascii: "\n"))
            return Array(data)
        } catch {
            throw APIError(.failed, "The answer cannot be written as JSON: \(error).")
        }
    }

    /// Reads a value.
    ///
    /// - Throws: `bad_request` for text that is no JSON, too deep, or of another shape.
    package static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8]
    ) throws(APIError) -> Value {
        guard isShallow(bytes) else {
            throw .badRequest("The JSON is nested deeper than \(depthLimit) levels.")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw .badRequest("The JSON is not as expected: \(summary(of: error)).")
        } catch {
            throw .badRequest("The body is not JSON.")
        }
    }

    /// Whether nothing nests deeper than the limit; looked at before any parser recurses.
    static func isShallow(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var depth = 0
            var isInString = false
            var isEscaped = false
            for byte in bytes {
                if isInString {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                    }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth > depthLimit { return false }
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                default: break
                }
            }
            return true
        }
    }

    private static func summary(of error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "the whole" : "'\(path)'"
        }
        return switch error {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context): "\(place(context)) has the wrong type"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is no JSON" : "\(place(context)) has a bad value"
        @unknown default: "it has another shape"
        }
    }
}
