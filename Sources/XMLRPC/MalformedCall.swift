// SPDX-License-Identifier: Apache-2.0

/// Why the bytes that a client has sent are no call.
package struct MalformedCall: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
