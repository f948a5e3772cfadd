// SPDX-License-Identifier: Apache-2.0

/// The processes of the configuration file as it was read last, in its order.
package struct ConfiguredList: Hashable, Sendable, Codable {
    package var configured: [ConfiguredProcess]

    package init(configured: [ConfiguredProcess]) {
        self.configured = configured
    }
}

/// One process of the file with its settings, every default filled in.
package struct ConfiguredProcess: Hashable, Sendable, Codable {
    /// Where one output goes.
    package struct Log: Hashable, Sendable, Codable {
        package enum Destination: String, Hashable, Sendable, Codable, CaseIterable {
            case file, none, inherit, syslog
            /// Standard error that goes where standard output goes.
            case stdout
        }

        package var destination: Destination
        /// Nil unless it is a file.
        package var path: String?
        package var maxBytes: UInt64
        package var backups: Int
        /// Whether each line goes to syslog as well; nil when it does not.
        package var syslog: Bool?
        /// Of a message between tags; 0 when there are none.
        package var captureMaxBytes: UInt64 = 0
        /// Whether what is written makes events.
        package var eventsEnabled = false

        private enum CodingKeys: String, CodingKey {
            case destination, path, backups, syslog
            case maxBytes = "max_bytes"
            case captureMaxBytes = "capture_max_bytes"
            case eventsEnabled = "events_enabled"
        }

        package init(
            _ destination: Destination,
            path: String? = nil,
            maxBytes: UInt64 = 0,
            backups: Int = 0,
            syslog: Bool = false
        ) {
            self.syslog = syslog ? true : nil
            self.destination = destination
            self.path = path
            self.maxBytes = maxBytes
            self.backups = backups
        }
    }

    package var name: String
    package var group: String
    /// The key under `programs`.
    package var program: String
    /// Whether its group is in the fleet.
    package var inUse: Bool
    package var arguments: [String]
    package var directory: String?
    package var user: String?
    /// Of `user`.
    package var uid: UInt32?
    package var umask: UInt32?
    package var autostart = true
    /// `true`, `false` or `unexpected`.
    package var autorestart = "unexpected"
    package var exitCodes: [Int32] = [0]
    package var startSeconds = 1.0
    /// Nil for `forever`.
    package var startRetries: Int?
    package var stopSignal = "SIGTERM"
    package var stopSignalNumber: Int32 = 15
    /// Nil for `never`.
    package var stopWaitSeconds: Double?
    package var stopAsGroup = true
    package var killAsGroup = true
    package var groupPriority = 999
    package var processPriority = 999
    /// `NONE` or `PIPE`.
    package var stdin = "NONE"
    package var stdout: Log
    package var stderr: Log
    /// What SUPERVISOR_SERVER_URL says where the file says it; nil for `AUTO`.
    package var serverURL: String?

    private enum CodingKeys: String, CodingKey {
        case name, group, program, arguments, directory, user, uid, umask, autostart, autorestart
        case stdin, stdout, stderr
        case inUse = "in_use"
        case exitCodes = "exit_codes"
        case startSeconds = "start_seconds"
        case startRetries = "start_retries"
        case stopSignal = "stop_signal"
        case stopSignalNumber = "stop_signal_number"
        case stopWaitSeconds = "stop_wait_seconds"
        case stopAsGroup = "stop_as_group"
        case killAsGroup = "kill_as_group"
        case groupPriority = "group_priority"
        case processPriority = "process_priority"
        case serverURL = "server_url"
    }

    package init(
        name: String,
        group: String,
        program: String,
        inUse: Bool,
        arguments: [String],
        stdout: Log,
        stderr: Log
    ) {
        self.name = name
        self.group = group
        self.program = program
        self.inUse = inUse
        self.arguments = arguments
        self.stdout = stdout
        self.stderr = stderr
    }
}

extension ConfiguredProcess {
    /// The arguments as one would type them to a shell.
    package var commandLine: String {
        arguments.map(Self.quoted).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.unicodeScalars.allSatisfy {
                !$0.isASCII || $0.properties.isAlphabetic || "0"..."9" ~= $0
                    || "_-./:=,+@%^".unicodeScalars.contains($0)
            }
        if isPlain { return word }
        var text = "'"
        for character in word { text += character == "'" ? "'\\''" : String(character) }
        return text + "'"
    }
}
