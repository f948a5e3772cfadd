// SPDX-License-Identifier: Apache-2.0

/// Everything that is known of one process, as one consistent snapshot.
///
/// Times are seconds since 1970; durations are seconds. In JSON the keys are in snake case.
package struct ProcessInfo: Hashable, Sendable, Codable {
    /// How the last run ended; `code` or `signal` is set, or neither when nobody knows.
    package struct Exit: Hashable, Sendable, Codable {
        package var code: Int?
        package var signal: Int?
        package var signalName: String?
        package var coreDumped: Bool
        /// The whole of it in words, as in `terminated by SIGSEGV (core dumped)`.
        package var text: String

        private enum CodingKeys: String, CodingKey {
            case code, signal, text
            case signalName = "signal_name"
            case coreDumped = "core_dumped"
        }

        package init(
            code: Int?,
            signal: Int?,
            signalName: String?,
            coreDumped: Bool,
            text: String
        ) {
            self.code = code
            self.signal = signal
            self.signalName = signalName
            self.coreDumped = coreDumped
            self.text = text
        }
    }

    /// The state of one output channel.
    package struct Log: Hashable, Sendable, Codable {
        /// The file, or nil when the output does not go to one.
        package var path: String?
        /// Bytes that could not be written and are gone, since the daemon started.
        package var lostBytes: UInt64
        /// What is wrong with the log at the moment.
        package var trouble: String?

        private enum CodingKeys: String, CodingKey {
            case path, trouble
            case lostBytes = "lost_bytes"
        }

        package init(path: String?, lostBytes: UInt64 = 0, trouble: String? = nil) {
            self.path = path
            self.lostBytes = lostBytes
            self.trouble = trouble
        }
    }

    /// How an event listener and its pool fare.
    package struct Listener: Hashable, Sendable, Codable {
        /// READY, BUSY, ACKNOWLEDGED, or UNKNOWN for one that has not kept to the protocol.
        package var state: String
        /// Events that wait for a listener of the pool.
        package var waiting: Int
        /// Events that the pool has taken.
        package var accepted: Int
        /// Answers that were not OK, and ends without an answer.
        package var refused: Int
        /// Events that were given up.
        package var dropped: Int

        package init(state: String, waiting: Int, accepted: Int, refused: Int, dropped: Int) {
            self.state = state
            self.waiting = waiting
            self.accepted = accepted
            self.refused = refused
            self.dropped = dropped
        }
    }

    package var name: String
    package var group: String
    /// STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL or UNKNOWN.
    package var state: String
    /// supervisord's number of the state.
    package var stateCode: Int
    /// 0 when there is no process.
    package var pid: Int
    /// When the last run began; nil when it was never started.
    package var startedAt: Double?
    /// When the last run ended; nil when none has.
    package var stoppedAt: Double?
    /// How long the current run has lasted.
    package var uptime: Double?
    package var exit: Exit?
    /// Runs since the process was configured, the current one included.
    package var runs: Int
    /// Failed attempts in a row.
    package var failures: Int
    /// Failures after which it is FATAL; nil for `forever`.
    package var retryLimit: Int?
    /// When the next attempt is made, while in BACKOFF: seconds from now.
    package var nextAttemptIn: Double?
    /// What supervisorctl prints behind the state, as in `pid 4711, uptime 0:12:33`.
    package var description: String
    /// Why it is in this state, in one line, where there is a why.
    package var why: String?
    package var stdout: Log
    package var stderr: Log
    package var autostart: Bool
    package var priority: Int
    /// True when its run was begun by an earlier daemon and has been taken back; else nil.
    package var adopted: Bool?
    /// How many processes ended runs have left behind; nil for none.
    package var leftovers: Int?
    /// What lives under it, parents before their children; nil when that was not asked for.
    package var processes: [Member]?
    /// Nil for what is no event listener.
    package var listener: Listener?

    private enum CodingKeys: String, CodingKey {
        case name, group, state, pid, uptime, exit, runs, failures, description, why
        case stdout, stderr, autostart, priority, adopted, leftovers, processes, listener
        case stateCode = "state_code"
        case startedAt = "started_at"
        case stoppedAt = "stopped_at"
        case retryLimit = "retry_limit"
        case nextAttemptIn = "next_attempt_in"
    }

    package init(
        name: String,
        group: String,
        state: String,
        stateCode: Int,
        pid: Int = 0,
        startedAt: Double? = nil,
        stoppedAt: Double? = nil,
        uptime: Double? = nil,
        exit: Exit? = nil,
        runs: Int = 0,
        failures: Int = 0,
        retryLimit: Int? = nil,
        nextAttemptIn: Double? = nil,
        description: String,
        why: String? = nil,
        stdout: Log = Log(path: nil),
        stderr: Log = Log(path: nil),
        autostart: Bool = true,
        priority: Int = 999,
        adopted: Bool? = nil,
        leftovers: Int? = nil,
        processes: [Member]? = nil,
        listener: Listener? = nil
    ) {
        self.name = name
        self.group = group
        self.state = state
        self.stateCode = stateCode
        self.pid = pid
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
        self.uptime = uptime
        self.exit = exit
        self.runs = runs
        self.failures = failures
        self.retryLimit = retryLimit
        self.nextAttemptIn = nextAttemptIn
        self.description = description
        self.why = why
        self.stdout = stdout
        self.stderr = stderr
        self.autostart = autostart
        self.priority = priority
        self.adopted = adopted
        self.leftovers = leftovers
        self.processes = processes
        self.listener = listener
    }
}
