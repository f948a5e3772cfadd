// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logs
import Platform
import Supervision

/// Passing on what programs write, beside writing it down.
extension Outlets {
    /// A process has the pipes of a child, and may have written to them already.
    func began(_ child: Child, _ run: PID) {
        for outlet in [child.stdout, child.stderr] where outlet.isTreated {
            logs.post(.began(outlet.id, run))
        }
    }

    /// Has what a child left in its pipes taken apart while nobody else writes to them.
    ///
    /// Answers by what to know that it has been. Nobody is asked who waits for a disk.
    mutating func finish(_ child: Child, at now: Instant) -> Set<LogToken> {
        var tokens: Set<LogToken> = []
        for outlet in [child.stdout, child.stderr]
        where outlet.hasLastWords && !logs.keepsWaiting(outlet.id, at: now) {
            tokens.insert(endWords(of: outlet, at: outlet.end))
        }
        return tokens
    }

    /// Whether a disk keeps waiting who reads what a child has written.
    func keepsWaiting(_ child: Child, at now: Instant) -> Bool {
        [child.stdout, child.stderr].contains {
            $0.hasLastWords && logs.keepsWaiting($0.id, at: now)
        }
    }

    /// The process of a child has ended, and nobody has the pipes any more.
    mutating func ended(_ child: Child) {
        for outlet in [child.stdout, child.stderr] where outlet.isTreated {
            endWords(of: outlet, at: outlet.end)
        }
    }

    /// So many bytes of what an output holds have been heard; answers by what to know that they have
    /// been taken out of it.
    mutating func heard(_ count: Int, of stream: StreamID) -> LogToken {
        let token = makeToken()
        logs.post(.heard(stream, count: count, token))
        return token
    }

    /// Says where in an output the words of a process end; answers by what to know that they have
    /// been read.
    @discardableResult
    mutating func endWords(of outlet: Outlet, at place: UInt64?) -> LogToken {
        let token = makeToken()
        logs.post(.ended(outlet.id, at: place, token))
        return token
    }

    /// What the log thread is to do with an output.
    ///
    /// What the core has no time for is bounded; beyond that it is not told, which the activity log
    /// says, and the log of the program is as it would be. `run` is who has the pipe already.
    func treatment(of outlet: Outlet, of child: Child, _ run: PID?) -> OutputTreatment {
        let rules = outlet.rules
        var treatment = OutputTreatment(stripsEscapes: rules.stripsEscapes, run: run)
        treatment.position = outlet.position
        treatment.tally = store.tally(of: outlet.id)
        if rules.isAnswer {
            let (stream, core) = (outlet.id, core)
            treatment.asks = { bytes, count in
                core.post(.said(stream, .answer(bytes, of: count), nil))
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

    /// What may wait for the core of one output.
    private static let mostOutput = 1 << 18
}

extension Outlet {
    /// Whether the log thread looks at what it moves.
    fileprivate var isTreated: Bool { rules.isRead || rules.stripsEscapes }

    /// Whether what a process wrote last is read before anything is made of its end.
    ///
    /// From a pipe that has been joined to standard output since, because what the next process
    /// writes there comes through another one: read later, it would stand behind that.
    fileprivate var hasLastWords: Bool {
        isTreated || kind == .joined && channel != nil
    }
}
