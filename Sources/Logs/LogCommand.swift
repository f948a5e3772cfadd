// SPDX-License-Identifier: Apache-2.0

package import Platform
package import Supervision

/// What the daemon asks of a log thread; carried out in the order in which it was posted.
package enum LogCommand: Sendable {
    /// Starts to read a FIFO, whose read end (O_RDWR | O_NONBLOCK) passes to the log thread, which
    /// takes its turns where others open the FIFO as well.
    ///
    /// A stream that is attached already is detached first. The log of one that is new is made at
    /// once: its process is about to run. Of one taken over, made long ago, it can wait.
    case attach(
        StreamID,
        reader: Int32,
        turn: PipeTurn? = nil,
        LogTarget,
        OutputTreatment = .plain,
        isNew: Bool = true
    )
    /// Starts the activity log, or moves it; what is written to it also goes to `echo`.
    case openActivity(LogTarget, echo: Int32?)
    /// Sends a stream somewhere else from now on; no line is lost, doubled or reordered.
    case retarget(StreamID, LogTarget, OutputTreatment = .plain)
    /// Gives a stream to another thread, which expects it; nil when it is unknown.
    case moveAway(StreamID, @Sendable (MovedStream?) -> Void)
    /// A stream is on its way from another thread; what is asked of it waits until it arrives.
    case expect(StreamID)
    /// A stream has come, and is to go on with this target.
    case arrive(StreamID, MovedStream?, LogTarget, OutputTreatment)
    /// What a FIFO gets from now on is from this process, which may have written already.
    case began(StreamID, PID)
    /// The process has ended, and its words where the `ReadPosition` says or with all that is there:
    /// what it began to write has no end. Then tells `drained`.
    case ended(StreamID, at: UInt64?, LogToken)
    /// So many bytes have been heard (`OutputTreatment.asks`): takes them out of the FIFO, then tells
    /// `drained`.
    case heard(StreamID, count: Int, LogToken)
    /// Writes what is in the FIFO, closes it and, unless shared, the log, then tells `drained`.
    case detach(StreamID, LogToken)
    /// Writes what is in the FIFO now, then tells `drained`; also for a stream that is unknown.
    case drain(StreamID, LogToken)
    /// Opens all log files anew, for those who have renamed them, then tells `drained`.
    case reopen(LogToken)
    /// Empties a log and removes its backups, then tells `cleared`.
    case clear(StreamID, LogToken)
    /// The last bytes of a log, reaching into `.1` where the file is shorter.
    case readTail(StreamID, bytes: Int, reply: @Sendable (Result<[UInt8], LogReadError>) -> Void)
    /// Bytes of a log by their place in its file: from an offset on, which counts from the end when
    /// it is negative, up to a number of bytes or the end.
    case readSlice(
        StreamID,
        offset: Int,
        count: Int?,
        reply: @Sendable (Result<LogSlice, LogReadError>) -> Void
    )
    /// What a log holds from a place on, and then whatever is written to it.
    ///
    /// The first update is `began`.
    /// `sink` runs on the log thread and must not wait. Nothing comes twice or is left out, over
    /// rotation, clearing and reopening; the last update is an `ended`.
    case follow(
        FollowerID,
        StreamID,
        FollowStart,
        sink: @Sendable (FollowUpdate) -> Void
    )
    /// Ends a `follow`; its sink is not called again.
    case unfollow(FollowerID)
    /// Writes everything that is in the FIFOs now, closes all and ends the thread.
    case shutdown
}

extension LogCommand {
    /// The stream whose file the command may touch; one of those for all of them.
    var stream: StreamID? {
        switch self {
        case .attach(let id, _, _, _, _, _), .retarget(let id, _, _), .detach(let id, _),
            .moveAway(let id, _), .expect(let id), .arrive(let id, _, _, _),
            .began(let id, _), .ended(let id, _, _), .heard(let id, _, _), .drain(let id, _),
            .clear(let id, _), .readTail(let id, _, _), .readSlice(let id, _, _, _),
            .follow(_, let id, _, _):
            id
        case .openActivity, .reopen: .activity
        case .unfollow, .shutdown: nil
        }
    }
}

/// Why a log could not be read.
package enum LogReadError: Error, Hashable, Sendable {
    case unknownStream
    /// The stream goes nowhere that could be read from.
    case noLogFile
    case failed(String)
}

/// What a follower is told.
package enum FollowUpdate: Hashable, Sendable {
    /// Where the first byte that follows stands, in a log that has places, and whether that is where
    /// it was to begin: what came after another place may be gone.
    case began(LogPlace?, isWhole: Bool)
    case bytes([UInt8])
    /// Nothing more will come.
    case ended(FollowEnd)
}

/// Why a follower is told nothing more.
package enum FollowEnd: Hashable, Sendable {
    case unknownStream
    /// The program has been removed.
    case detached
    case shutdown
}
