// SPDX-License-Identifier: Apache-2.0

/// What one client, and all of them together, may cost the daemon.
package struct ControlLimits: Hashable, Sendable {
    /// Connections at a time; the oldest idle one makes room for a new one.
    package var connections = 64
    /// Bytes of the first line, of one header line, and of all of them with their line ends.
    package var requestLine = 8 * 1024
    package var headerLine = 8 * 1024
    package var headBytes = 64 * 1024
    package var headerLines = 32
    package var bodyBytes = 1024 * 1024
    /// Bytes of requests that may wait behind the one that is being answered.
    package var pipelinedBytes = 64 * 1024
    /// Bytes that may wait for one client of a stream.
    package var streamBytes = 256 * 1024
    /// From the first byte of a request to the end of its headers.
    package var headDeadline: Duration = .seconds(5)
    /// From the end of the headers to the end of the body.
    package var bodyDeadline: Duration = .seconds(30)
    /// Between requests.
    package var idleDeadline: Duration = .seconds(60)
    /// For a client to take an answer that is ready.
    package var answerDeadline: Duration = .seconds(60)
    /// For a client to read the last answer before the connection is gone.
    package var lingerDeadline: Duration = .seconds(1)
    /// For answers that are pending when the server is stopped.
    package var stopDeadline: Duration = .milliseconds(100)

    package init() {}
}
