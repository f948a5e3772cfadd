// SPDX-License-Identifier: Apache-2.0

/// Where one output of a program goes, and when its file is rotated.
package struct LogSettings: Hashable, Sendable {
    package var destination: LogDestination
    /// Whether each line goes to syslog as well.
    package var alsoSyslog = false
    /// Whether lines that go to the daemon's own output begin with the name of the process.
    package var isPrefixed = true
    /// The size in bytes at which the file is rotated; 0 means never.
    package var maxBytes: UInt64
    /// How many rotated files are kept; 0 means that a full file is truncated.
    package var backups: Int
    /// What gives way when the file cannot be written.
    package var onFull: FullLogPolicy
    /// Whether sequences that only a terminal understands are left out.
    package var stripsEscapes = false
    /// How many bytes of a message between tags are kept for its event; 0 means that the tags are
    /// text.
    package var captureMaxBytes: UInt64 = 0
    /// Whether what is written makes events.
    package var hasEvents = false

    package init(
        destination: LogDestination,
        maxBytes: UInt64 = 50 << 20,
        backups: Int = 10,
        onFull: FullLogPolicy = .dropNew
    ) {
        self.destination = destination
        self.maxBytes = maxBytes
        self.backups = backups
        self.onFull = onFull
    }

    /// Whether somebody reads what is written, though it goes to no log.
    package var isReadWithoutLog: Bool {
        destination == .none && (hasEvents || captureMaxBytes > 0)
    }
}

/// What gives way when a log file cannot be written; both outputs of a program have the same.
package enum FullLogPolicy: String, Hashable, Sendable, CaseIterable {
    /// What the program writes then is lost.
    case dropNew = "drop_new"
    /// Old output makes room for new.
    case dropOld = "drop_old"
    /// The program waits.
    case block
}

/// Where output goes; `AUTO` has become a file by the time it stands here.
package enum LogDestination: Hashable, Sendable {
    /// An absolute path.
    case file(String)
    /// Read and thrown away.
    case none
    /// The daemon's own stdout or stderr.
    case inherit
    case syslog
}

/// Where a program's standard error goes.
package enum StderrSettings: Hashable, Sendable {
    /// To wherever its standard output goes.
    case redirected
    case log(LogSettings)
}
