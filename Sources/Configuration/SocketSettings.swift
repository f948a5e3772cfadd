// SPDX-License-Identifier: Apache-2.0

/// A socket that the daemon binds and programs accept connections on.
package struct SocketSettings: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        /// An absolute path.
        case path(String)
        /// A numeric address.
        case network(address: String, port: Int)
    }

    package var place: Place
    package var backlog = 4096
    /// Whose the file is; nil for the user of the program.
    package var owner: UserReference?
    package var mode: UInt32 = 0o700

    /// The most sockets of one configuration.
    package static let mostPlaces = 512

    package init(_ place: Place) {
        self.place = place
    }
}

extension SocketSettings.Place {
    /// Reads `unix:///PATH` or `tcp://ADDRESS:PORT`; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("tcp://"), let place = ListenAddress(String(text.dropFirst(6))) {
            self = .network(address: place.address, port: place.port)
        } else if text.hasPrefix("unix:///"), !text.utf8.contains(0) {
            let path = PathText.folded(String(text.dropFirst(7)))
            guard path != "/" else { return nil }
            self = .path(path)
        } else {
            return nil
        }
    }
}

extension SocketSettings.Place: CustomStringConvertible {
    /// As the file has it.
    package var description: String {
        switch self {
        case .path(let path): "unix://" + path
        case .network(let address, let port):
            address.contains(":") ? "tcp://[\(address)]:\(port)" : "tcp://\(address):\(port)"
        }
    }
}
