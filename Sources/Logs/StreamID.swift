// SPDX-License-Identifier: Apache-2.0

/// Names one output of one process; chosen by the daemon and kept over restarts.
package struct StreamID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// The daemon's own activity log, which has no reader.
    package static let activity = StreamID(rawValue: -1)
}

/// Names one reader of a log that wants to be told what comes (`tail -f`).
package struct FollowerID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// What a command carries so that its answer can be recognised; means nothing to the log thread.
package struct LogToken: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
