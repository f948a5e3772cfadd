// SPDX-License-Identifier: Apache-2.0

/// The JSON body of `signal`: `{"signal": "TERM"}` and nothing else.
private struct SignalBody: Codable {
    var signal: String
}

extension JSONCoding {
    static func decodeSignal(_ bytes: [UInt8]) throws(APIError) -> String {
        let unknown = try decode(ObjectKeys.self, from: bytes).names.first { $0 != "signal" }
        if let unknown {
            throw .badRequest(
                "The body has an unknown key '\(unknown)'.",
                hint: #"Send {"signal": "TERM"}."#
            )
        }
        let signal = try decode(SignalBody.self, from: bytes).signal
        guard !signal.isEmpty else { throw .badRequest("'signal' is empty.") }
        return signal
    }

    static func encodeSignal(_ signal: String) throws(APIError) -> [UInt8] {
        try encode(SignalBody(signal: signal))
    }
}

/// The keys of a JSON object, whatever their values are.
struct ObjectKeys: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    let names: Set<String>

    init(from decoder: any Decoder) throws {
        names = Set(try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue))
    }
}
