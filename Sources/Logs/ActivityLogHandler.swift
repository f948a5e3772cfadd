// SPDX-License-Identifier: Apache-2.0

package import Logging

/// The way from swift-log to the activity log: makes the line and posts it to the log thread.
///
/// Never waits. Metadata is appended as `key=value`.
package struct ActivityLogHandler: LogHandler {
    private let thread: LogThread

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init(thread: LogThread, level: ActivityLevel) {
        self.thread = thread
        logLevel = level.loggerLevel
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var text = event.message.description
        let own = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        for (key, value) in own.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
            .sorted(by: { $0.key < $1.key })
        {
            text += " \(key)=\(value)"
        }
        thread.write(activity: ActivityLine(ActivityLevel(event.level), text).bytes)
    }
}

extension ActivityLevel {
    /// The level of a swift-log event.
    package init(_ level: Logger.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info, .notice: .info
            case .warning: .warn
            case .error: .error
            case .critical: .critical
            }
    }

    /// The swift-log level that lets through what this level does; it has none below trace.
    package var loggerLevel: Logger.Level {
        switch self {
        case .blather, .trace: .trace
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
