// SPDX-License-Identifier: Apache-2.0

/// A value of XML-RPC.
enum XMLValue: Hashable, Sendable {
    case int(Int)
    case bool(Bool)
    case text(String)
    case double(Double)
    case bytes([UInt8])
    /// A date as it was written; nothing here computes with one.
    case date(String)
    case array([XMLValue])
    case structure([Member])
    case null

    /// A name and its value; members keep their order.
    struct Member: Hashable, Sendable {
        let name: String
        let value: XMLValue

        init(_ name: String, _ value: XMLValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value of a member; the last of several with one name, as in a dictionary.
    func member(_ name: String) -> XMLValue? {
        guard case .structure(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }
}
