// SPDX-License-Identifier: Apache-2.0

/// Where the output of a stream goes.
package indirect enum LogTarget: Hashable, Sendable {
    /// Read and forgotten, so that the program never blocks.
    case discard
    /// A file of its own. `/dev/stdout`, `/dev/stderr` and `/dev/fd/N` mean the daemon's own
    /// descriptor, unaltered and never rotated; other devices are written plainly.
    case file(LogFileSettings)
    /// The daemon's own descriptor, whole lines at a time, each after `prefix`.
    case inherit(descriptor: Int32, prefix: String)
    /// The machine's syslog, one message a line.
    case syslog(tag: String)
    /// Somewhere, and each line to the machine's syslog as well.
    case both(LogTarget, syslogTag: String)
}

extension LogTarget {
    /// Where it goes, syslog besides left out.
    package var place: LogTarget {
        if case .both(let target, _) = self { target.place } else { self }
    }

    /// The way to syslog, if that is besides.
    func tap() -> SyslogSink? {
        if case .both(_, let tag) = self { SyslogSink(tag: tag) } else { nil }
    }
}

/// A log file and how it is rotated.
package struct LogFileSettings: Hashable, Sendable {
    /// Absolute, without a symbolic link as its last component.
    package var path: String
    /// The size that the file may reach, in bytes; 0 lets it grow for ever.
    package var maxBytes: Int
    /// How many old files are kept as `.1` to `.N`; with 0 a full file is emptied.
    package var backups: Int
    /// Who a newly created file is given to; nil leaves it to the daemon's user.
    package var owner: Owner?
    /// What happens to output that there is no room for.
    package var onFull: OnFull

    /// What gives way when a log cannot be written.
    package enum OnFull: Hashable, Sendable {
        /// What the program writes then is lost.
        case dropNew
        /// On a full disk, the oldest backup, then the next, at last the log; else as `dropNew`.
        case dropOld
        /// Nothing: the program waits in its next write once its pipe is full.
        case block
    }

    package init(
        path: String,
        maxBytes: Int = 0,
        backups: Int = 0,
        owner: Owner? = nil,
        onFull: OnFull = .dropNew
    ) {
        self.path = path
        self.maxBytes = maxBytes
        self.backups = backups
        self.owner = owner
        self.onFull = onFull
    }

    /// The owner of a file, as numbers.
    package struct Owner: Hashable, Sendable {
        package let user: UInt32
        package let group: UInt32

        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }
}
