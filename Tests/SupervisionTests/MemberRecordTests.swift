// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("The record of a process")
struct MemberRecordTests {
    private static let now = RandomRecord.now

    @Test("tells of one that has left the fleet, and of no other")
    func gone() throws {
        let name = ProcessName(group: "g", process: "p")
        let gone = MemberRecord.ofGone(name)
        #expect(gone.isGone)
        let bytes = try #require(gone.encoded())
        #expect(try MemberRecord(ArraySlice(bytes), at: Instant(nanoseconds: 1)).isGone)
        var other = MemberRecord(name: name, phase: .stopped)
        #expect(!other.isGone)
        other = MemberRecord(name: name, phase: .backoff(failures: 1, until: Self.now))
        other.isLeaving = true
        #expect(!other.isGone, "it is yet to be told")
    }

    @Test("is read as it was written", arguments: [1, 2, 3, 4] as [UInt64])
    func roundTrip(_ seed: UInt64) throws {
        var records = RandomRecord(seed: seed)
        for _ in 0..<1000 {
            let record = records.make()
            let bytes = try #require(record.encoded())
            #expect(try MemberRecord(bytes[...], at: Self.now) == record)
        }
    }

    @Test("fits a slot whatever it says, and long reasons are cut between characters")
    func longest() throws {
        var record = MemberRecord(
            name: ProcessName(
                group: String(repeating: "g", count: 255),
                process: String(repeating: "p", count: 255)
            ),
            phase: .stopping(
                ProcessMachine.Run(pid: 7, startedAt: epoch),
                killAt: after(1),
                next: .start
            )
        )
        record.stopRules = MemberRecord.StopRules(.plain())
        record.history.startedAt = epoch
        record.history.endedAt = epoch
        record.history.lastDuration = .seconds(1)
        for length in 0..<300 {
            record.history.lastExit = .neverExecuted(
                SpawnFailure(
                    step: .environment,
                    subject: String(repeating: "ä", count: length),
                    errorNumber: 2,
                    reason: "x" + String(repeating: "\u{1F980}", count: length),
                    isPermanent: false
                )
            )
            let bytes = try #require(record.encoded())
            #expect(bytes.count <= MemberRecord.maximumBytes)
            let read = try MemberRecord(bytes[...], at: Self.now)
            guard case .neverExecuted(let failure) = read.history.lastExit else {
                Issue.record("the end is lost")
                continue
            }
            #expect(failure.subject == String(repeating: "ä", count: min(length, 60)))
            #expect(failure.reason == "x" + String(repeating: "\u{1F980}", count: min(length, 34)))
        }
        record.name = ProcessName(group: String(repeating: "g", count: 256), process: "p")
        #expect(record.encoded() == nil, "a name is never cut")
    }

    @Test("is refused when it is cut, prolonged or changed into what cannot be")
    func damage() throws {
        var records = RandomRecord(seed: 5)
        for _ in 0..<60 {
            let bytes = try #require(records.make().encoded())
            for length in bytes.indices {
                #expect(throws: BinaryFault.self) {
                    try MemberRecord(bytes[..<length], at: Self.now)
                }
            }
            #expect(throws: BinaryFault.surplus) {
                try MemberRecord((bytes + [0])[...], at: Self.now)
            }
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 1 << UInt8(records.integer(in: 0...7))
                // What is still read must be what these bytes say, and nothing else.
                guard let read = try? MemberRecord(changed[...], at: Self.now) else { continue }
                #expect(read.encoded() == changed)
            }
        }
    }

    @Test("is never read out of noise")
    func noise() {
        var random = SplitMix64(seed: 6)
        var read = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...300, using: &random)
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            if length > 5 { bytes.replaceSubrange(0..<5, with: [1, 0, 0, 0, 0]) }
            if (try? MemberRecord(bytes[...], at: Self.now)) != nil { read += 1 }
        }
        #expect(read == 0)
    }

    /// Records that say what cannot be.
    private static let impossible: [(String, BinaryFault, MemberRecord)] = {
        func record(
            _ phase: ProcessMachine.Phase,
            _ change: (inout MemberRecord) -> Void = { _ in }
        ) -> MemberRecord {
            var record = MemberRecord(name: ProcessName(group: "g", process: "p"), phase: phase)
            change(&record)
            return record
        }
        func run(_ pid: PID, _ instant: Instant = epoch) -> ProcessMachine.Run {
            ProcessMachine.Run(pid: pid, startedAt: instant)
        }
        let past = Instant(nanoseconds: -1)
        let future = RandomRecord.now.advanced(by: .nanoseconds(1))
        return [
            ("pid 0", .range, record(.running(run(0), failures: 0))),
            ("pid 1", .range, record(.running(run(1), failures: 0))),
            ("a negative pid", .range, record(.running(run(-7), failures: 0))),
            ("a pid beyond all", .range, record(.running(run(4_194_305), failures: 0))),
            ("a run of the future", .range, record(.running(run(7, future), failures: 0))),
            ("a run before the clock", .range, record(.running(run(7, past), failures: 0))),
            ("negative failures", .range, record(.fatal(failures: -1))),
            ("failures near the end", .range, record(.fatal(failures: .max))),
            ("a deadline before the clock", .range, record(.backoff(failures: 1, until: past))),
            ("an end in the future", .range, record(.stopped) { $0.history.endedAt = future }),
            ("negative runs", .range, record(.stopped) { $0.history.runs = -1 }),
            (
                "a stop without rules", .tag,
                record(.stopping(run(7), killAt: nil, next: .rest))
            ),
            ("rules without a stop", .tag, record(.stopped) { $0.stopRules = .init(.plain()) }),
            ("a signal owed to nobody", .tag, record(.stopped) { $0.owesSignal = true }),
        ]
    }()

    @Test("is refused when it says what cannot be", arguments: impossible.indices)
    func nonsense(_ index: Int) throws {
        let (what, fault, record) = Self.impossible[index]
        let bytes = try #require(record.encoded())
        #expect(throws: fault, "\(what)") { try MemberRecord(bytes[...], at: Self.now) }
    }

    @Test("of another version is told apart")
    func version() throws {
        var bytes = try #require(RandomRecord.first.encoded())
        bytes[0] = 3
        #expect(throws: BinaryFault.unknownFormat) { try MemberRecord(bytes[...], at: Self.now) }
    }

    @Test("is protected by the checksum that everybody has")
    func checksum() {
        #expect(Checksum.of("123456789".utf8) == 0xCBF4_3926)
        #expect(Checksum.of([]) == 0)
    }
}

extension RandomRecord {
    static var first: MemberRecord {
        var records = RandomRecord(seed: 1)
        return records.make()
    }
}
