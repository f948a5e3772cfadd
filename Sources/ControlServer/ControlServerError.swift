// SPDX-License-Identifier: Apache-2.0

/// Why there is no control socket.
package enum ControlServerError: Error, Hashable, Sendable {
    /// The path has more bytes than the kernel takes for a socket.
    case pathTooLong(String)
    /// Something that is not a socket is at the path, and is left as it is.
    case occupied(String)
    /// A system call failed: which, on what, and why.
    case system(operation: String, path: String, reason: String)
}

extension ControlServerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .pathTooLong(let path):
            "socket \(path): the path is longer than \(ListeningSocket.pathLimit) bytes"
        case .occupied(let path):
            "socket \(path): there is something else at this path; remove it or name another"
        case .system(let operation, let path, let reason): "\(operation) \(path): \(reason)"
        }
    }
}
