// SPDX-License-Identifier: Apache-2.0

/// A stream on its way from one log thread to another.
///
/// A log file belongs to the thread of its disk: two threads would each write where it thinks that
/// the end is. So a stream whose log is to be on another disk goes to the thread of that disk.
package struct MovedStream: Sendable {
    let reader: DescriptorBox
    let filter: OutputFilter.Memory?
    let followers: [Followers.Follower]
    let report: TroubleReport
    let asked: Int
    let isBetweenRuns: Bool
}

/// The streams that are on their way to a log thread, and what has been asked of them meanwhile.
///
/// The thread that they come from may have to wait for its disk first.
struct Arrivals {
    private var waiting: [StreamID: [LogCommand]] = [:]
    private var isEnding = false

    /// Whether the thread is to end, and everybody is there.
    var isOver: Bool { isEnding && waiting.isEmpty }

    mutating func expect(_ id: StreamID) {
        waiting[id] = []
    }

    /// Whether a command has to wait for a stream that has not come yet; it is kept.
    mutating func keeps(_ command: LogCommand) -> Bool {
        guard !waiting.isEmpty else { return false }
        if case .arrive = command { return false }
        if case .shutdown = command {
            isEnding = true
            return true
        }
        if case .unfollow = command {
            // Who is meant may be here, or on his way.
            for id in waiting.keys { waiting[id]?.append(command) }
            return false
        }
        guard let id = command.stream, waiting[id] != nil else { return false }
        waiting[id]?.append(command)
        return true
    }

    /// A stream has come; answers what has been asked of it.
    mutating func take(_ id: StreamID) -> [LogCommand] {
        waiting.removeValue(forKey: id) ?? []
    }
}
