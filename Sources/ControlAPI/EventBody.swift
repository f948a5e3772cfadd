// SPDX-License-Identifier: Apache-2.0

/// The JSON body of an event that a client wants told: `{"type": "TYPE", "data": "TEXT"}`.
struct EventBody: Hashable, Sendable, Codable {
    /// A word for those who listen; what it means is between them and the client.
    var type: String
    /// Anything; empty when it is left out.
    var data: String

    init(type: String, data: String) {
        self.type = type
        self.data = data
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        type = try object.decode(String.self, forKey: .type)
        data = try object.decodeIfPresent(String.self, forKey: .data) ?? ""
    }

    /// Reads a body.
    ///
    /// - Throws: `bad_request` for what is no such object, or has a key beyond these.
    init(_ bytes: [UInt8]) throws(APIError) {
        let keys = try JSONCoding.decode(ObjectKeys.self, from: bytes).names
        if let unknown = keys.subtracting(["type", "data"]).sorted().first {
            throw .badRequest(
                "The body has an unknown key '\(unknown)'.",
                hint: #"Send {"type": "TYPE", "data": "TEXT"}."#
            )
        }
        self = try JSONCoding.decode(EventBody.self, from: bytes)
    }
}
