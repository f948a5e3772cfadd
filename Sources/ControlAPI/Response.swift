// SPDX-License-Identifier: Apache-2.0

/// The one answer to a `Request`: a snapshot from the end of the turn that settled it.
package enum Response: Hashable, Sendable {
    case programs(ProgramList)
    case command(CommandReport)
    case daemon(DaemonInfo)
    case plan(ReloadPlan)
    case available(ConfiguredList)
    case logPiece(LogPiece)
    case failure(APIError)
}

/// All processes of a selection, sorted by group and then by name.
package struct ProgramList: Hashable, Sendable, Codable {
    package var programs: [ProcessInfo]
    /// Selected names and groups that do not exist.
    package var missing: [CommandResult]
    /// What somebody should look after, as the daemon tells it; nil when all is well.
    package var alarms: [String]?
    /// When it was so, in seconds since 1970; nil from a daemon that does not tell.
    package var at: Double?

    package init(
        programs: [ProcessInfo],
        missing: [CommandResult] = [],
        alarms: [String] = [],
        at: Double? = nil
    ) {
        self.programs = programs
        self.missing = missing
        self.alarms = alarms.isEmpty ? nil : alarms
        self.at = at
    }
}

/// What came of a command, one entry a process and step, in the order in which they were settled.
package struct CommandReport: Hashable, Sendable, Codable {
    package var results: [CommandResult]

    package init(results: [CommandResult]) {
        self.results = results
    }
}

/// What came of a command for one process.
package struct CommandResult: Hashable, Sendable, Codable {
    package enum Action: String, Hashable, Sendable, Codable {
        case started, stopped, signalled, cleared, listed, sent
        /// Of a group: its name stands in `group`, and `name` is `*`.
        case added, removed
    }

    package var name: String
    package var group: String
    package var action: Action
    /// Nil when it was done.
    package var error: APIError?

    package init(name: String, group: String, action: Action, error: APIError? = nil) {
        self.name = name
        self.group = group
        self.action = action
        self.error = error
    }
}

/// Why something was not done: a code for machines, a sentence and a way out for people.
package struct APIError: Error, Hashable, Sendable, Codable {
    /// A closed list; the HTTP status of an answer follows from it.
    package enum Code: String, Hashable, Sendable, Codable, CaseIterable {
        // About a process; supervisord's fault of the same meaning is named beside it.
        case noSuchProcess = "no_such_process"  // BAD_NAME
        case noSuchGroup = "no_such_group"  // BAD_NAME
        case noSuchFile = "no_such_file"  // NO_FILE
        case notExecutable = "not_executable"  // NOT_EXECUTABLE
        case alreadyStarted = "already_started"  // ALREADY_STARTED
        case notRunning = "not_running"  // NOT_RUNNING
        case spawnError = "spawn_error"  // SPAWN_ERROR
        case abnormalTermination = "abnormal_termination"  // ABNORMAL_TERMINATION
        case badSignal = "bad_signal"  // BAD_SIGNAL
        case noLogFile = "no_log_file"  // NO_FILE
        case noInput = "no_input"  // NO_FILE
        case alreadyAdded = "already_added"  // ALREADY_ADDED
        case stillRunning = "still_running"  // STILL_RUNNING
        case failed = "failed"  // FAILED
        // About the daemon.
        case shuttingDown = "shutting_down"  // SHUTDOWN_STATE
        case invalidConfiguration = "invalid_configuration"  // CANT_REREAD
        case overloaded = "overloaded"
        // About the request itself.
        case badRequest = "bad_request"
        case unauthorized = "unauthorized"
        case forbidden = "forbidden"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case tooLarge = "too_large"
        case timedOut = "timed_out"
    }

    package var code: Code
    package var message: String
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}
