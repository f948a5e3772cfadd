// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import Logs

/// Opens the activity log and makes the logger that writes to it.
enum ActivityLog {
    /// Starts the log; in the foreground its lines also go to standard output.
    ///
    /// - Parameters:
    ///   - settings: Where it goes, how it is rotated, how much it says.
    ///   - logs: The threads, one of which is the activity log's own.
    ///   - isForeground: Whether somebody may be watching.
    /// - Returns: A logger that never waits for a disk.
    static func start(
        _ settings: DaemonSettings,
        _ logs: LogThreads,
        isForeground: Bool
    ) -> Logger {
        let file = settings.logfile.map {
            LogFileSettings(
                path: $0,
                maxBytes: Int(clamping: settings.logfileMaxBytes),
                backups: settings.logfileBackups
            )
        }
        let target = file.map(LogTarget.file) ?? .syslog(tag: settings.identifier)
        let isEchoed = isForeground && !settings.silent
        logs.post(.openActivity(target, echo: isEchoed ? 1 : nil))
        let thread = logs.activityThread
        let level = settings.logLevel.activityLevel
        return Logger(label: settings.identifier) { _ in
            ActivityLogHandler(thread: thread, level: level)
        }
    }
}

extension LogLevel {
    var activityLevel: ActivityLevel {
        switch self {
        case .critical: .critical
        case .error: .error
        case .warn: .warn
        case .info: .info
        case .debug: .debug
        case .trace: .trace
        case .blather: .blather
        }
    }
}
