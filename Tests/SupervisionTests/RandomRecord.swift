// SPDX-License-Identifier: Apache-2.0

import Supervision

/// Records of every kind, drawn from a seed.
struct RandomRecord {
    var random: SplitMix64
    /// No run began later.
    static let now = Instant(nanoseconds: 1 << 50)

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func make() -> MemberRecord {
        var record = MemberRecord(
            name: ProcessName(group: text(60), process: text(60)),
            phase: phase()
        )
        record.priority = integer(in: -5...2000)
        record.groupPriority = integer(in: Int.min...Int.max)
        switch record.phase {
        case .stopping, .killing, .emptying: record.stopRules = rules()
        case .stopped, .spawning, .starting, .running, .backoff, .exited, .fatal: break
        }
        if case .stopping = record.phase { record.owesSignal = flip() }
        record.isLeaving = flip()
        record.isLeftAlone = flip()
        record.history.startedAt = maybe { $0.past() }
        record.history.endedAt = maybe { $0.past() }
        record.history.lastExit = maybe { $0.exit() }
        record.history.lastDuration = maybe { .nanoseconds($0.integer(in: 0...(1 << 60))) }
        record.history.runs = integer(in: 0...1 << 53)
        record.outside.startTicks = random.next()
        record.outside.pidInode = random.next()
        record.outside.stdoutPipe = random.next()
        record.outside.stderrPipe = random.next()
        record.outside.seenTicks = random.next()
        record.outside.fingerprint = random.next()
        return record
    }

    private mutating func phase() -> ProcessMachine.Phase {
        let run = ProcessMachine.Run(
            pid: PID(integer(in: 2...4_194_304)),
            startedAt: past()
        )
        let failures = integer(in: 0...1_000_000_000)
        let next: ProcessMachine.Next = flip() ? .rest : .start
        return switch integer(in: 0...9) {
        case 0: .stopped
        case 1: .spawning(failures: failures)
        case 2: .starting(run, failures: failures, provenAt: maybe { $0.instant() })
        case 3: .running(run, failures: failures)
        case 4: .backoff(failures: failures, until: instant())
        case 5: .stopping(run, killAt: maybe { $0.instant() }, next: next)
        case 6: .killing(run, againAt: instant(), next: next)
        case 7: .emptying(run, killAt: maybe { $0.instant() }, next: next)
        case 8: .exited(expected: flip(), restartAt: maybe { $0.instant() })
        default: .fatal(failures: failures)
        }
    }

    private mutating func rules() -> MemberRecord.StopRules {
        var policy = ProcessPolicy()
        policy.stopSignal = signal()
        policy.stopWait = maybe { .nanoseconds($0.integer(in: 0...(1 << 60))) }
        policy.stopAsGroup = flip()
        policy.killAsGroup = flip()
        return MemberRecord.StopRules(policy)
    }

    private mutating func exit() -> ExitStatus {
        switch integer(in: 0...3) {
        case 0: .code(Int32(integer(in: -2...255)))
        case 1: .signal(signal(), coreDumped: flip())
        case 2:
            .neverExecuted(
                SpawnFailure(
                    step: SpawnFailure.Step.allCases.randomElement(using: &random) ?? .exec,
                    subject: text(28),
                    errorNumber: Int32(integer(in: 0...133)),
                    reason: text(30),
                    isPermanent: flip()
                )
            )
        default: .unknown
        }
    }

    private mutating func signal() -> Signal {
        Signal(rawValue: Int32(integer(in: 1...64))) ?? .terminate
    }

    private mutating func past() -> Instant {
        Instant(nanoseconds: Int64(integer(in: 0...Int(Self.now.nanoseconds))))
    }

    private mutating func instant() -> Instant {
        flip() ? Instant(nanoseconds: .max) : Instant(nanoseconds: Int64(integer(in: 0...Int.max)))
    }

    private mutating func text(_ most: Int) -> String {
        let letters = ["a", "B", "7", "_", ".", "\n", "ä", "\u{1F980}", "\0"]
        return (0..<integer(in: 0...most)).map { _ in
            letters[integer(in: 0...letters.count - 1)]
        }.joined()
    }

    mutating func integer(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    mutating func flip() -> Bool { random.next() & 1 == 0 }

    private mutating func maybe<Value>(_ make: (inout RandomRecord) -> Value) -> Value? {
        flip() ? make(&self) : nil
    }
}
