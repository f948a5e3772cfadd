// SPDX-License-Identifier: Apache-2.0

/// The daemon about itself.
package struct DaemonInfo: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable {
        case running = "RUNNING"
        case shutdown = "SHUTDOWN"
    }

    package var version: String
    package var pid: Int
    package var state: State
    package var identifier: String
    package var configurationFile: String
    /// Why the last reload was refused, until one succeeds.
    package var reloadError: String?
    package var startedAt: Double
    package var socket: String
    package var logfile: ProcessInfo.Log
    package var programs: Int

    private enum CodingKeys: String, CodingKey {
        case version, pid, state, identifier, socket, logfile, programs
        case configurationFile = "configuration_file"
        case reloadError = "reload_error"
        case startedAt = "started_at"
    }

    package init(
        version: String,
        pid: Int,
        state: State,
        identifier: String,
        configurationFile: String,
        reloadError: String? = nil,
        startedAt: Double,
        socket: String,
        logfile: ProcessInfo.Log,
        programs: Int
    ) {
        self.version = version
        self.pid = pid
        self.state = state
        self.identifier = identifier
        self.configurationFile = configurationFile
        self.reloadError = reloadError
        self.startedAt = startedAt
        self.socket = socket
        self.logfile = logfile
        self.programs = programs
    }
}
