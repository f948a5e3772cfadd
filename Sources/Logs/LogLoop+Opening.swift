// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// The streams whose logs nobody has looked at yet, and when that is to be done.
///
/// Who takes over a thousand programs has the pipes of all read at once. Their logs take ten times as
/// long, and most of them get nothing for a while: they are opened by what comes through the pipe, or
/// by whoever wants to read them, and looked at once nothing new has been attached for a moment.
struct UnopenedLogs {
    private var streams: [StreamID] = []
    private var taken = 0
    /// When the next are to be looked at; nil when there are none.
    private(set) var due: Instant?

    private static let pause = Duration.milliseconds(20)
    /// How many are looked at before the others have their turn.
    private static let share = 16

    mutating func add(_ id: StreamID, at now: Instant) {
        streams.append(id)
        due = now.advanced(by: Self.pause)
    }

    /// Takes the next few, if they are due.
    mutating func take(at now: Instant) -> ArraySlice<StreamID> {
        guard let due, due <= now else { return [] }
        let some = streams[taken...].prefix(Self.share)
        taken = some.endIndex
        if taken == streams.count { self = UnopenedLogs() }
        return some
    }
}

extension LogLoop {
    /// Opens the log of a stream, if nothing has been written to it yet.
    func open(_ stream: LogStream, at now: Instant) {
        guard let file = stream.output.file, file.isUnopened else { return }
        file.prepare(at: now)
        stream.note(lost: 0)
        settle(stream, at: now)
    }

    /// Looks at the next few logs that nothing has been written to.
    func lookAtSome() {
        guard unopened.due != nil else { return }
        let now = MonotonicClock.now()
        for id in unopened.take(at: now) {
            guard let stream = streams[id] else { continue }
            turn(to: id, at: MonotonicClock.now())
            look(at: stream, now)
        }
    }

    /// Makes the log of a stream where there is none, and tells what is wrong with it.
    func look(at stream: LogStream, _ now: Instant) {
        stream.output.file?.look(at: now)
        // Another stream may have looked, and was told alone.
        stream.note(lost: 0)
        settle(stream, at: now)
    }
}
