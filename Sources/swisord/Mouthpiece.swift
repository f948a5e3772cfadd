// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logs
import Platform
import Supervision
private import Synchronization

/// Tells the core of output as far as there is room, and how much it was not told of.
final class Mouthpiece: Sendable {
    private struct Missed {
        var bytes = 0
        var toldAt: Instant?
    }

    private let core: Mailbox<CoreMessage>
    private let stream: StreamID
    private let name: String
    private let credit: StreamCredit
    private let missed = Mutex(Missed())

    init(core: Mailbox<CoreMessage>, stream: StreamID, name: String, credit: StreamCredit) {
        self.core = core
        self.stream = stream
        self.name = name
        self.credit = credit
    }

    /// One event each, whole or not at all.
    func say(_ speech: Speech) {
        let taken = credit.take(speech.count)
        if taken == speech.count, core.post(.said(stream, speech, credit)) { return }
        credit.giveBack(taken)
        miss(speech.count)
    }

    /// Says at most every ten seconds what was missed.
    private func miss(_ count: Int) {
        let now = MonotonicClock.now()
        let total: Int? = missed.withLock { missed in
            missed.bytes += count
            if let last = missed.toldAt, now.duration(since: last) < .seconds(10) { return nil }
            missed.toldAt = now
            return missed.bytes
        }
        guard let total else { return }
        _ = core.post(
            .note(
                level: .warn,
                text:
                    "\(name) comes faster than it can be told: so far \(total) bytes of it made no "
                    + "events"
            )
        )
    }
}
