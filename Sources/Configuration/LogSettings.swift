// SPDX-License-Identifier: Apache-2.0

/// Where one output of a program goes, and when its file is rotated.
package struct LogSettings: Hashable, Sendable {
    package var destination: LogDestination
    /// The size in bytes at which the file is rotated; 0 means never.
    package var maxBytes: UInt64
    /// How many rotated files are kept; 0 means that a full file is truncated.
    package var backups: Int

    package init(destination: LogDestination, maxBytes: UInt64 = 50 << 20, backups: Int = 10) {
        self.destination = destination
        self.maxBytes = maxBytes
        self.backups = backups
    }
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
