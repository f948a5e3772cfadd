// SPDX-License-Identifier: Apache-2.0

package import OrderedCollections

/// The section `swisord`: the daemon's own settings, every default filled in.
package struct DaemonSettings: Hashable, Sendable {
    /// The activity log; nil when it goes to syslog.
    package var logfile: String?
    package var logfileMaxBytes: UInt64 = 50 << 20
    package var logfileBackups = 10
    package var logLevel = LogLevel.info
    package var pidfile: String?
    package var umask: UInt32 = 0o022
    package var directory: String?
    package var nodaemon = false
    package var silent = false
    /// The directory of the logs that `AUTO` names.
    package var childlogdir: String
    package var user: UserReference?
    package var environment: OrderedDictionary<String, String> = [:]
    package var identifier = "supervisor"
    /// For programs that do not say themselves whether escape sequences are left out of their logs.
    package var stripsEscapes = false
    package var socket: String
    /// Who may use the socket: the bits of its file, and whom that is given to.
    package var socketMode: UInt32 = 0o600
    package var socketOwner: UserReference?
    package var runtimeDirectory: String
    package var stateDirectory: String
    package var orphans = OrphanPolicy.adopt
    package var processTrees = ProcessTrees.auto
    /// What RLIMIT_NOFILE and RLIMIT_NPROC are raised to; nil leaves them.
    package var minimumFiles: Int?
    package var minimumProcesses: Int?
    /// Nil unless the file has a section `http`.
    package var http: HTTPSettings?

    package init(
        logfile: String?,
        childlogdir: String,
        socket: String,
        runtimeDirectory: String,
        stateDirectory: String
    ) {
        self.logfile = logfile
        self.childlogdir = childlogdir
        self.socket = socket
        self.runtimeDirectory = runtimeDirectory
        self.stateDirectory = stateDirectory
    }
}

extension DaemonSettings {
    /// Whether a `logfile` is the word for the machine's syslog, in the file or after `-l`.
    package static func isSyslog(_ logfile: String) -> Bool { logfile.uppercased() == "SYSLOG" }
}

/// The section `http`: where the daemon is reached by TCP, and by whom.
package struct HTTPSettings: Hashable, Sendable {
    /// A numeric address, of IPv4 or IPv6.
    package var address: String
    package var port: Int
    /// Nil when everybody is let in.
    package var user: User?
    /// In lower case.
    package var hosts: Set<String> = []

    package struct User: Hashable, Sendable {
        package var name: String
        package var passwordFile: String

        package init(name: String, passwordFile: String) {
            self.name = name
            self.passwordFile = passwordFile
        }
    }

    package init(address: String, port: Int) {
        self.address = address
        self.port = port
    }
}

/// What a start does with programs that run on since the daemon before was killed.
package enum OrphanPolicy: String, Hashable, Sendable, CaseIterable {
    /// Takes them back as they are.
    case adopt
    /// Stops them, and starts their programs anew.
    case stop
    /// Leaves them alone, and starts no second copy while they run.
    case leave
}

/// How the processes are known that a program has made.
package enum ProcessTrees: String, Hashable, Sendable, CaseIterable {
    /// By cgroups where there can be any, else by what /proc tells.
    case auto
    /// As `auto`, and a machine without cgroups is worth a warning.
    case cgroup
    /// By what /proc tells.
    case proc
    /// By their process group alone.
    case group
}

/// How much the activity log says, from least to most.
package enum LogLevel: String, Hashable, Sendable, CaseIterable, Comparable {
    case critical, error, warn, info, debug, trace, blather

    /// Orders by how much is said: `critical` is the least.
    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int { LogLevel.allCases.firstIndex(of: self) ?? 0 }
}
