// SPDX-License-Identifier: Apache-2.0

package import ControlAPI

/// The daemon as the verbs see it; tests put a scripted one in its place.
package protocol DaemonConnection {
    /// Where the daemon is and which file told so, for what is said when it is not there.
    var endpoint: Endpoint { get }

    /// Asks and waits for the answer, however long the daemon takes.
    func send(_ request: Request) throws(ConnectionFailure) -> Response

    /// Hands on each event of a stream until it ends or `receive` answers false.
    func stream(
        _ request: StreamRequest,
        receive: (StreamEvent) -> Bool
    ) throws(ConnectionFailure)

    /// The same on a thread of its own, which makes what receives; failures are not told.
    func streamBeside(
        _ request: StreamRequest,
        receiver: @escaping @Sendable () -> (StreamEvent) -> Bool
    )
}

/// The place of the daemon's socket.
package struct Endpoint: Hashable, Sendable {
    /// As in `unix:///run/swisord/swisord.sock`.
    package let url: String
    /// The configuration that named the socket; nil when the command line did.
    package let configuration: String?

    package init(url: String, configuration: String? = nil) {
        self.url = url
        self.configuration = configuration
    }
}

/// Why the daemon could not be asked.
package enum ConnectionFailure: Error, Hashable, Sendable {
    /// The socket is there, and nobody listens on it.
    case refused
    /// Neither the command line nor a configuration tells where the socket is.
    case noSocketKnown(String)
    case noSuchFile
    case permissionDenied
    /// The socket takes connections, and nobody has answered for half a minute.
    case silent
    /// The daemon went away, or spoke what is not understood, after the request was sent.
    case broken(String)
    case other(String)
}
