// SPDX-License-Identifier: Apache-2.0

/// The bytes of a record: version 1 or 2, at most 1,000 of them whatever the record says.
///
/// A later version must go on reading these, because an upgrade finds records of the old. Version 2
/// is that of a run that is left alone: who only knows version 1 does not touch it either.
extension MemberRecord {
    /// The most bytes that `encoded` makes.
    package static let maximumBytes = 1000

    private static let version: UInt8 = 1
    private static let versionLeftAlone: UInt8 = 2
    private static let longestName: UInt16 = 255
    /// Texts of a failed start are cut to so many bytes.
    fileprivate static let longestSubject: UInt16 = 120
    fileprivate static let longestReason: UInt16 = 140
    private static let mostFailures = 1_000_000_000
    fileprivate static let mostRuns = 1 << 53
    /// PID_MAX_LIMIT of 64-bit kernels; pid 1 is nobody's program.
    private static let pids: ClosedRange<PID> = 2...4_194_304

    /// The record in bytes; nil when a name is longer than 255 bytes.
    package func encoded() -> [UInt8]? {
        let longest = Int(Self.longestName)
        guard name.group.utf8.count <= longest, name.process.utf8.count <= longest else {
            return nil
        }
        var writer = BinaryWriter(capacity: 256)
        writer.write(isLeftAlone ? Self.versionLeftAlone : Self.version)
        writer.write(name.group)
        writer.write(name.process)
        writer.write(Int64(priority))
        writer.write(Int64(groupPriority))
        writer.write(isLeaving)
        writer.write(owesSignal)
        Self.write(phase, to: &writer)
        writer.write(stopRules) { $0.write($1) }
        writer.write(history)
        for number in [
            outside.startTicks, outside.pidInode, outside.stdoutPipe, outside.stderrPipe,
            outside.seenTicks, outside.fingerprint,
        ] { writer.write(number) }
        return writer.bytes
    }

    /// Reads a record.
    ///
    /// - Parameters:
    ///   - bytes: What `encoded` made, or anything else.
    ///   - now: No run can have begun or ended later.
    /// - Throws: `BinaryFault` for all that `encoded` cannot have made by `now`.
    package init(_ bytes: ArraySlice<UInt8>, at now: Instant) throws(BinaryFault) {
        var reader = BinaryReader(bytes)
        let version: UInt8 = try reader.number()
        guard version == Self.version || version == Self.versionLeftAlone else {
            throw .unknownFormat
        }
        isLeftAlone = version == Self.versionLeftAlone
        let longest = Int(Self.longestName)
        let group = try reader.text(atMost: longest)
        name = ProcessName(group: group, process: try reader.text(atMost: longest))
        priority = Int(try reader.number(Int64.self))
        groupPriority = Int(try reader.number(Int64.self))
        isLeaving = try reader.flag()
        owesSignal = try reader.flag()
        phase = try Self.phase(from: &reader, at: now)
        stopRules = try reader.optional { (reader) throws(BinaryFault) in
            try reader.stopRules()
        }
        history = try reader.history(at: now)
        outside.startTicks = try reader.number()
        outside.pidInode = try reader.number()
        outside.stdoutPipe = try reader.number()
        outside.stderrPipe = try reader.number()
        outside.seenTicks = try reader.number()
        outside.fingerprint = try reader.number()
        try reader.end()
        guard (stopRules != nil) == phase.isStop else { throw .tag }
        if owesSignal, case .stopping = phase { return }
        guard !owesSignal else { throw .tag }
    }
}

// MARK: - Phases

extension MemberRecord {
    private static func write(_ phase: ProcessMachine.Phase, to writer: inout BinaryWriter) {
        switch phase {
        case .stopped: writer.write(UInt8(0))
        case .spawning(let failures):
            writer.write(UInt8(1))
            writer.write(Int64(failures))
        case .starting(let run, let failures, let provenAt):
            writer.write(UInt8(2))
            writer.write(run)
            writer.write(Int64(failures))
            writer.write(provenAt)
        case .running(let run, let failures):
            writer.write(UInt8(3))
            writer.write(run)
            writer.write(Int64(failures))
        case .backoff(let failures, let until):
            writer.write(UInt8(4))
            writer.write(Int64(failures))
            writer.write(until.nanoseconds)
        case .stopping(let run, let killAt, let next):
            writer.write(UInt8(5))
            writer.write(run)
            writer.write(killAt)
            writer.write(next == .start)
        case .killing(let run, let againAt, let next):
            writer.write(UInt8(6))
            writer.write(run)
            writer.write(againAt.nanoseconds)
            writer.write(next == .start)
        case .emptying(let run, let killAt, let next):
            writer.write(UInt8(7))
            writer.write(run)
            writer.write(killAt)
            writer.write(next == .start)
        case .exited(let expected, let restartAt):
            writer.write(UInt8(8))
            writer.write(expected)
            writer.write(restartAt)
        case .fatal(let failures):
            writer.write(UInt8(9))
            writer.write(Int64(failures))
        }
    }

    private static func phase(
        from reader: inout BinaryReader,
        at now: Instant
    ) throws(BinaryFault) -> ProcessMachine.Phase {
        switch try reader.number(UInt8.self) {
        case 0: return .stopped
        case 1: return .spawning(failures: try failures(&reader))
        case 2:
            let run = try run(&reader, at: now)
            let failures = try failures(&reader)
            return .starting(run, failures: failures, provenAt: try reader.deadline())
        case 3:
            let run = try run(&reader, at: now)
            return .running(run, failures: try failures(&reader))
        case 4:
            let failures = try failures(&reader)
            return .backoff(failures: failures, until: try reader.instant())
        case 5:
            let run = try run(&reader, at: now)
            let killAt = try reader.deadline()
            return .stopping(run, killAt: killAt, next: try reader.flag() ? .start : .rest)
        case 6:
            let run = try run(&reader, at: now)
            let againAt = try reader.instant()
            return .killing(run, againAt: againAt, next: try reader.flag() ? .start : .rest)
        case 7:
            let run = try run(&reader, at: now)
            let killAt = try reader.deadline()
            return .emptying(run, killAt: killAt, next: try reader.flag() ? .start : .rest)
        case 8:
            let expected = try reader.flag()
            return .exited(expected: expected, restartAt: try reader.deadline())
        case 9: return .fatal(failures: try failures(&reader))
        default: throw .tag
        }
    }

    private static func failures(_ reader: inout BinaryReader) throws(BinaryFault) -> Int {
        Int(try reader.number(in: 0...Int64(mostFailures)))
    }

    private static func run(
        _ reader: inout BinaryReader,
        at now: Instant
    ) throws(BinaryFault) -> ProcessMachine.Run {
        let pid = try reader.number(in: pids)
        return ProcessMachine.Run(pid: pid, startedAt: try reader.instant(notAfter: now))
    }
}

extension ProcessMachine.Phase {
    /// Whether a stop is under way.
    var isStop: Bool {
        switch self {
        case .stopping, .killing, .emptying: true
        case .stopped, .spawning, .starting, .running, .backoff, .exited, .fatal: false
        }
    }
}

// MARK: - Parts

extension BinaryWriter {
    fileprivate mutating func write(_ run: ProcessMachine.Run) {
        write(run.pid)
        write(run.startedAt.nanoseconds)
    }

    fileprivate mutating func write(_ instant: Instant?) {
        write(instant) { $0.write($1.nanoseconds) }
    }

    fileprivate mutating func write(_ rules: MemberRecord.StopRules) {
        write(UInt8(truncatingIfNeeded: rules.signal.rawValue))
        write(rules.wait) { $0.write(max(0, $1.wholeNanoseconds)) }
        write(rules.stopAsGroup)
        write(rules.killAsGroup)
    }

    fileprivate mutating func write(_ history: FleetMember.History) {
        write(history.startedAt)
        write(history.endedAt)
        write(history.lastExit) { $0.write($1) }
        write(history.lastDuration) { $0.write(max(0, $1.wholeNanoseconds)) }
        write(Int64(history.runs))
    }

    mutating func write(_ status: ExitStatus) {
        switch status {
        case .code(let code):
            write(UInt8(1))
            write(code)
        case .signal(let signal, let coreDumped):
            write(UInt8(2))
            write(UInt8(truncatingIfNeeded: signal.rawValue))
            write(coreDumped)
        case .neverExecuted(let failure):
            write(UInt8(3))
            write(failure.step.rawValue)
            write(failure.subject, atMost: MemberRecord.longestSubject)
            write(failure.errorNumber)
            write(failure.reason, atMost: MemberRecord.longestReason)
            write(failure.isPermanent)
        case .unknown: write(UInt8(4))
        }
    }
}

extension BinaryReader {
    fileprivate mutating func instant(
        notAfter latest: Instant = Instant(nanoseconds: .max)
    ) throws(BinaryFault) -> Instant {
        guard latest.nanoseconds >= 0 else { throw .range }
        return Instant(nanoseconds: try number(in: 0...latest.nanoseconds))
    }

    fileprivate mutating func deadline() throws(BinaryFault) -> Instant? {
        try optional { (reader) throws(BinaryFault) in try reader.instant() }
    }

    fileprivate mutating func duration() throws(BinaryFault) -> Duration {
        .nanoseconds(try number(in: 0...Int64.max))
    }

    private mutating func signal() throws(BinaryFault) -> Signal {
        guard let signal = Signal(rawValue: Int32(try number(UInt8.self))) else { throw .range }
        return signal
    }

    fileprivate mutating func stopRules() throws(BinaryFault) -> MemberRecord.StopRules {
        var policy = ProcessPolicy()
        policy.stopSignal = try signal()
        policy.stopWait = try optional { (reader) throws(BinaryFault) in try reader.duration() }
        policy.stopAsGroup = try flag()
        policy.killAsGroup = try flag()
        return MemberRecord.StopRules(policy)
    }

    fileprivate mutating func history(at now: Instant) throws(BinaryFault) -> FleetMember.History {
        var history = FleetMember.History()
        history.startedAt = try optional { (reader) throws(BinaryFault) in
            try reader.instant(notAfter: now)
        }
        history.endedAt = try optional { (reader) throws(BinaryFault) in
            try reader.instant(notAfter: now)
        }
        history.lastExit = try optional { (reader) throws(BinaryFault) in
            try reader.exitStatus()
        }
        history.lastDuration = try optional { (reader) throws(BinaryFault) in
            try reader.duration()
        }
        history.runs = Int(try number(in: 0...Int64(MemberRecord.mostRuns)))
        return history
    }

    mutating func exitStatus() throws(BinaryFault) -> ExitStatus {
        switch try number(UInt8.self) {
        case 1: return .code(try number())
        case 2:
            let signal = try signal()
            return .signal(signal, coreDumped: try flag())
        case 3:
            guard let step = SpawnFailure.Step(rawValue: try text(atMost: 16)) else { throw .tag }
            return .neverExecuted(
                SpawnFailure(
                    step: step,
                    subject: try text(atMost: Int(MemberRecord.longestSubject)),
                    errorNumber: try number(),
                    reason: try text(atMost: Int(MemberRecord.longestReason)),
                    isPermanent: try flag()
                )
            )
        case 4: return .unknown
        default: throw .tag
        }
    }
}
