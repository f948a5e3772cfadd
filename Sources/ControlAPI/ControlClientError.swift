// SPDX-License-Identifier: Apache-2.0

/// Why the daemon could not be asked, or was not heard to the end.
package enum ControlClientError: Error, Hashable, Sendable {
    /// There is no socket at this path.
    case noSuchFile(String)
    /// There is a socket, and nobody listens on it.
    case refused(String)
    case permissionDenied(String)
    /// The daemon was reached and then went away.
    case connectionLost
    case timedOut
    /// The socket takes connections, and nobody has answered for so long.
    case unanswered(Duration)
    /// Something answers that is not swisord, or the path cannot be a socket's.
    case protocolError(String)
}

extension ControlClientError: CustomStringConvertible {
    /// What is wrong and what to do, in one or two sentences.
    package var description: String {
        switch self {
        case .noSuchFile(let path):
            "\(path): no such file. Start swisord, or name its socket with -s unix:///PATH."
        case .refused(let path):
            "\(path): connection refused. swisord is not running any more; start it again."
        case .permissionDenied(let path):
            "\(path): permission denied. Run as root or as the user that swisord runs as."
        case .connectionLost:
            "The connection to swisord was lost before it answered. "
                + "See its activity log; what was asked may have been done."
        case .timedOut:
            "swisord did not answer in time. What was asked may still be done; look at the status."
        case .unanswered(let patience):
            "swisord has not answered for \(patience). It may be crashing again and again; "
                + "see its activity log."
        case .protocolError(let text):
            "The answer is not swisord's: \(text). Check the path of the socket."
        }
    }
}
