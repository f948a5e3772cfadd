// SPDX-License-Identifier: Apache-2.0

/// What a client may ask of the daemon and what is answered with one value.
///
/// Each verb exists once, here; whatever a client speaks is translated to it.
package enum Request: Hashable, Sendable {
    /// All processes that the selection names, with everything known of them.
    case programs(Selection)
    /// The same, with the processes that live under each.
    case trees(Selection)
    /// Starts; with `wait` the answer comes when each is RUNNING or has failed to be.
    case start(Selection, wait: Bool)
    /// Stops; with `wait` the answer comes when each has stopped.
    case stop(Selection, wait: Bool)
    /// Stops what runs, then starts; with `wait` the answer comes when each is RUNNING again.
    case restart(Selection, wait: Bool)
    /// Sends a signal, named as in `TERM`, `SIGTERM` or `15`.
    case signal(Selection, name: String)
    /// Empties the logs of programs.
    case clear(Selection)
    /// Writes to the standard input of one program.
    case sendInput(name: String, bytes: [UInt8])
    /// Bytes of a log by their place in its file: from `offset` on, which counts from the end when
    /// it is negative, `length` of them or all that there are.
    case readLog(LogSource, offset: Int, length: Int?)
    case daemon
    /// Reads the configuration again and applies what differs, or nothing at all.
    case reload
    /// Takes up the file, then starts anew whatever starts by itself, and stops the rest; a file
    /// with a mistake changes nothing.
    case restartAll
    case shutdown
    case reopenLogs
    /// Empties the activity log.
    case clearDaemonLog
    /// What `apply` would do now; changes nothing.
    case plan
    /// Applies the difference between file and fleet; only in the groups named, when any are.
    case apply(groups: [String])
    /// Every process of the file as it was read last, with its settings; reads nothing anew.
    case available
    /// Brings groups of the file, as it was read last, into the fleet.
    case add(groups: [String])
    /// Takes groups of which nothing runs out of the fleet, whatever the file says.
    case remove(groups: [String])
    /// Replaces the daemon by the executable at `path`, or by its own file as it is now; programs
    /// run on. Answered by the daemon that came of it: the new one, or the old one after all.
    case upgrade(path: String?)
    /// Tells all listeners, and clients that stream events, what somebody wants them to know.
    case emit(type: String, data: String)
}

/// What is answered with a stream of bytes.
package enum StreamRequest: Hashable, Sendable {
    /// The last `bytes` of a log; with `follow` everything that comes after it, over rotations.
    case log(LogSource, bytes: Int, follow: Bool)
    /// Follows a log from where an earlier stream broke off: the place that it began at, and how
    /// many bytes came since (`LogPosition`).
    case logFrom(LogSource, String)
    /// What happens, as server-sent events: from now on, or from where an earlier stream ended.
    case events(EventSelection)
}

/// Which events a stream is to have.
package struct EventSelection: Hashable, Sendable {
    /// supervisord's names, or `RELOAD`; without any, all but ticks and what programs write.
    package var types: [String]
    /// The serial of the last event that the client has; nil for none.
    package var after: UInt64?

    package init(types: [String] = [], after: UInt64? = nil) {
        self.types = types
        self.after = after
    }
}

extension StreamRequest {
    /// What to ask for when the stream broke off; nil for one that had an end of its own.
    ///
    /// - Parameter position: How far it came, where that is known.
    /// - Returns: The next request.
    func afterInterruption(_ position: String?) -> StreamRequest? {
        switch self {
        case .log(let source, _, follow: true), .logFrom(let source, _):
            position.map { .logFrom(source, $0) } ?? .log(source, bytes: 0, follow: true)
        case .log(_, _, follow: false): nil
        case .events(let selection): .events(EventSelection(types: selection.types))
        }
    }
}

/// A log that a client may read.
package enum LogSource: Hashable, Sendable {
    case program(name: String, channel: Channel)
    /// The daemon's activity log.
    case daemon

    package enum Channel: String, Hashable, Sendable, Codable, CaseIterable {
        case stdout, stderr
    }
}

/// Which processes a request is about.
///
/// A pattern is `all`, `name`, `group:name`, `group:*`, `group:`, or a glob with `*` and `?` on
/// either side of the colon. In a URL patterns are joined by commas.
package struct Selection: Hashable, Sendable {
    package let patterns: [String]

    package init(_ patterns: [String]) {
        self.patterns = patterns
    }

    package static let all = Selection(["all"])
}
