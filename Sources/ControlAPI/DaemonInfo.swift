// SPDX-License-Identifier: Apache-2.0

/// The daemon about itself.
package struct DaemonInfo: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable {
        case running = "RUNNING"
        case shutdown = "SHUTDOWN"
    }

    /// The process that starts the manager again when it dies.
    package struct Guardian: Hashable, Sendable, Codable {
        package enum State: String, Hashable, Sendable, Codable, CaseIterable {
            case watching
            /// It has died: programs run on, and nobody would start the manager again.
            case gone
            /// There is none by wish.
            case off
        }

        package var state: State
        /// Nil when there is none, or none any more.
        package var pid: Int?

        package init(state: State, pid: Int? = nil) {
            self.state = state
            self.pid = pid
        }
    }

    /// What came of the last upgrade.
    package struct Upgrade: Hashable, Sendable, Codable {
        /// The version that was asked to go.
        package var from: String
        /// The version that runs since: `from` again when it was rolled back.
        package var to: String
        /// How many programs ran on over it.
        package var programs: Int
        /// Seconds since 1970.
        package var at: Double
        /// Why the old daemon was started again; nil for an upgrade that succeeded.
        package var error: String?

        package init(
            from: String,
            to: String,
            programs: Int,
            at: Double,
            error: String? = nil
        ) {
            self.from = from
            self.to = to
            self.programs = programs
            self.at = at
            self.error = error
        }
    }

    package var version: String
    /// The main process, which signals are sent to: the guardian where there is one.
    package var pid: Int
    /// The process that answers.
    package var managerPid: Int
    package var guardian: Guardian
    /// How often a manager was started, this one included.
    package var starts: Int
    /// How the manager before this one ended, if it crashed.
    package var lastCrash: String?
    /// Crashes of managers within the last minute.
    package var crashes: Int
    package var lastUpgrade: Upgrade?
    /// What somebody should look after, in sentences; none when all is well.
    package var alarms: [String]
    package var state: State
    package var identifier: String
    package var configurationFile: String
    /// Why the last reload was refused, until one succeeds.
    package var reloadError: String?
    /// Files of the configuration that are not as they were when all of it was loaded last; nil
    /// when their disk does not answer.
    package var changedFiles: [String]?
    package var startedAt: Double
    package var socket: String
    package var logfile: ProcessInfo.Log
    package var programs: Int

    private enum CodingKeys: String, CodingKey {
        case version, pid, guardian, starts, crashes, alarms
        case state, identifier, socket, logfile, programs
        case managerPid = "manager_pid"
        case lastCrash = "last_crash"
        case lastUpgrade = "last_upgrade"
        case configurationFile = "configuration_file"
        case reloadError = "reload_error"
        case changedFiles = "changed_files"
        case startedAt = "started_at"
    }

    package init(
        version: String,
        pid: Int,
        managerPid: Int? = nil,
        guardian: Guardian = Guardian(state: .off),
        starts: Int = 1,
        lastCrash: String? = nil,
        crashes: Int = 0,
        lastUpgrade: Upgrade? = nil,
        alarms: [String] = [],
        state: State,
        identifier: String,
        configurationFile: String,
        reloadError: String? = nil,
        changedFiles: [String]? = nil,
        startedAt: Double,
        socket: String,
        logfile: ProcessInfo.Log,
        programs: Int
    ) {
        self.version = version
        self.pid = pid
        self.managerPid = managerPid ?? pid
        self.guardian = guardian
        self.starts = starts
        self.lastCrash = lastCrash
        self.crashes = crashes
        self.lastUpgrade = lastUpgrade
        self.alarms = alarms
        self.state = state
        self.identifier = identifier
        self.configurationFile = configurationFile
        self.reloadError = reloadError
        self.changedFiles = changedFiles
        self.startedAt = startedAt
        self.socket = socket
        self.logfile = logfile
        self.programs = programs
    }
}

extension DaemonInfo {
    /// Reads what this or an earlier version tells, so that an old daemon can be upgraded from.
    package init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        let pid = try object.decode(Int.self, forKey: .pid)
        self.init(
            version: try object.decode(String.self, forKey: .version),
            pid: pid,
            managerPid: try object.decodeIfPresent(Int.self, forKey: .managerPid),
            guardian: try object.decodeIfPresent(Guardian.self, forKey: .guardian)
                ?? Guardian(state: .off),
            starts: try object.decodeIfPresent(Int.self, forKey: .starts) ?? 1,
            lastCrash: try object.decodeIfPresent(String.self, forKey: .lastCrash),
            crashes: try object.decodeIfPresent(Int.self, forKey: .crashes) ?? 0,
            lastUpgrade: try object.decodeIfPresent(Upgrade.self, forKey: .lastUpgrade),
            alarms: try object.decodeIfPresent([String].self, forKey: .alarms) ?? [],
            state: try object.decode(State.self, forKey: .state),
            identifier: try object.decode(String.self, forKey: .identifier),
            configurationFile: try object.decode(String.self, forKey: .configurationFile),
            reloadError: try object.decodeIfPresent(String.self, forKey: .reloadError),
            changedFiles: try object.decodeIfPresent([String].self, forKey: .changedFiles),
            startedAt: try object.decode(Double.self, forKey: .startedAt),
            socket: try object.decode(String.self, forKey: .socket),
            logfile: try object.decode(ProcessInfo.Log.self, forKey: .logfile),
            programs: try object.decode(Int.self, forKey: .programs)
        )
    }
}
