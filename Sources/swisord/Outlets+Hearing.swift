// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logs
import Platform
import Supervision
private import Synchronization

/// What is done with one output of a process beside writing it down.
struct OutputRules: Hashable {
    var stripsEscapes = false
    /// How many bytes of a message between tags are told; 0 for none.
    var captureLimit = 0
    /// Whether all that is written makes events.
    var hasEvents = false
    /// Whether it is what an event listener answers.
    var isAnswer = false

    init(of process: ProcessConfiguration, isError: Bool) {
        if process.listener != nil, !isError {
            isAnswer = true
            return
        }
        let settings: LogSettings
        switch (isError, process.stderr) {
        case (false, _): settings = process.stdout
        case (true, .log(let own)): settings = own
        case (true, .redirected): return
        }
        stripsEscapes = settings.stripsEscapes
        captureLimit = Int(clamping: settings.captureMaxBytes)
        hasEvents = settings.hasEvents
    }

    /// Whether somebody wants to know of it, wherever it goes.
    var isRead: Bool { isAnswer || isTold }

    /// Whether events are made of it.
    var isTold: Bool { hasEvents || captureLimit > 0 }
}

/// Passing on what programs write, beside writing it down.
extension Outlets {
    /// A process has the pipes of a child from now on; it cannot have written to them yet.
    func began(_ child: Child, _ run: PID) {
        for outlet in [child.stdout, child.stderr] where outlet.isTreated {
            logs.post(.began(outlet.id, run))
        }
    }

    /// The process of a child has ended; answers by what to know that its last words have been told.
    mutating func ended(_ child: Child) -> [LogToken] {
        var tokens: [LogToken] = []
        for outlet in [child.stdout, child.stderr] where outlet.isTreated {
            logs.post(.ended(outlet.id))
            guard outlet.rules.isTold else { continue }
            nextToken += 1
            let token = LogToken(rawValue: nextToken)
            logs.post(.drain(outlet.id, token))
            tokens.append(token)
        }
        return tokens
    }

    /// What the log thread is to do with an output.
    ///
    /// What the core has no time for is bounded; beyond that it is not told, which the activity log
    /// says, and the log of the program is as it would be. `run` is who has the pipe already.
    func treatment(of outlet: Outlet, of child: Child, _ run: PID?) -> OutputTreatment {
        let rules = outlet.rules
        var treatment = OutputTreatment(stripsEscapes: rules.stripsEscapes, run: run)
        if rules.isAnswer {
            // Who says more at a time than that does not talk, and would only cost time.
            let credit = StreamCredit(bytes: Self.mostAnswers)
            let (stream, core) = (outlet.id, core)
            treatment.heard = { bytes, _ in
                let taken = credit.take(bytes.count)
                guard taken > 0 else { return }
                let heard = taken == bytes.count ? bytes : Array(bytes[..<taken])
                if !core.post(.said(stream, .answer(heard), credit)) { credit.giveBack(taken) }
            }
        }
        if rules.hasEvents {
            let mouth = mouth(of: outlet, of: child, room: Self.mostOutput)
            treatment.heard = { mouth.say(.output($0, by: $1)) }
        }
        if rules.captureLimit > 0 {
            let room = max(Self.mostOutput, 2 * rules.captureLimit)
            let mouth = mouth(of: outlet, of: child, room: room)
            treatment.capture = OutputTreatment.Capture(limit: rules.captureLimit) {
                mouth.say(.message($0, by: $1))
            }
        }
        return treatment
    }

    private func mouth(of outlet: Outlet, of child: Child, room: Int) -> Mouthpiece {
        Mouthpiece(
            core: core,
            stream: outlet.id,
            name: "\(child.name) \(outlet.id.isError ? "stderr" : "stdout")",
            credit: StreamCredit(bytes: room)
        )
    }

    /// Twice what the longest answer takes.
    private static let mostAnswers = 1 << 14
    /// What may wait for the core of one output.
    private static let mostOutput = 1 << 18
}

extension Outlet {
    /// Whether the log thread looks at what it moves.
    fileprivate var isTreated: Bool { rules.isRead || rules.stripsEscapes }
}

/// Tells the core of output as far as there is room, and how much it was not told of.
private final class Mouthpiece: Sendable {
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
