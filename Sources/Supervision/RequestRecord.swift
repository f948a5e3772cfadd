// SPDX-License-Identifier: Apache-2.0

/// What must be known of a request with a key after the manager that worked on it has died.
///
/// It is written before anything of the request is done, whenever something of it is settled, and
/// before it is answered. So whoever asks again gets the one answer, or is told that nobody knows.
package struct RequestRecord: Hashable, Sendable {
    /// What a request still waits for at one process.
    package struct Wait: Hashable, Sendable {
        let name: ProcessName
        let goal: Waiter.Goal
        /// The runs that the process had had when it was asked for: as many as now means that
        /// it may not have been told yet.
        let runs: Int
    }

    package enum Progress: Hashable, Sendable {
        /// Begun, and not known how far it came.
        case begun
        /// Processes are on their way; these outcomes are known already.
        case waiting([Wait], [CommandOutcome])
        /// The bytes of the answer, for whoever asks again.
        case answered([UInt8])
    }

    /// The 128 bits of the key.
    package let high: UInt64
    package let low: UInt64
    /// The name of the command, as in `restart`.
    package let verb: String
    package var progress: Progress

    package init(high: UInt64, low: UInt64, verb: String, progress: Progress = .begun) {
        self.high = high
        self.low = low
        self.verb = verb
        self.progress = progress
    }
}

/// The bytes of a record: version 1. A later version must go on reading it.
extension RequestRecord {
    /// The most bytes that are written; what does not fit is only known to have begun.
    package static let maximumBytes = 64_000

    private static let version: UInt8 = 1
    private static let longestVerb: UInt16 = 32
    fileprivate static let longestName: UInt16 = 1024
    fileprivate static let longestText: UInt16 = 200

    /// The record in bytes.
    package func encoded() -> [UInt8] {
        var writer = BinaryWriter(capacity: 256)
        writer.write(Self.version)
        writer.write(high)
        writer.write(low)
        writer.write(verb, atMost: Self.longestVerb)
        switch progress {
        case .begun: writer.write(UInt8(0))
        case .waiting(let waits, let outcomes):
            writer.write(UInt8(1))
            writer.write(UInt32(truncatingIfNeeded: waits.count))
            for wait in waits {
                writer.write(wait.name)
                writer.write(wait.goal.rawValue)
                writer.write(Int64(wait.runs))
            }
            writer.write(UInt32(truncatingIfNeeded: outcomes.count))
            for outcome in outcomes { writer.write(outcome) }
        case .answered(let bytes):
            writer.write(UInt8(2))
            writer.write(bytes)
        }
        guard writer.bytes.count <= Self.maximumBytes else {
            return RequestRecord(high: high, low: low, verb: verb).encoded()
        }
        return writer.bytes
    }

    /// Reads a record.
    ///
    /// - Throws: `BinaryFault` for all that `encoded` cannot have made.
    package init(_ bytes: ArraySlice<UInt8>) throws(BinaryFault) {
        var reader = BinaryReader(bytes)
        guard try reader.number() == Self.version else { throw .unknownFormat }
        high = try reader.number()
        low = try reader.number()
        verb = try reader.text(atMost: Int(Self.longestVerb))
        switch try reader.number(UInt8.self) {
        case 0: progress = .begun
        case 1:
            var waits: [Wait] = []
            for _ in 0..<(try reader.count(atMost: Self.maximumBytes, ofSize: 13)) {
                waits.append(try reader.wait())
            }
            var outcomes: [CommandOutcome] = []
            for _ in 0..<(try reader.count(atMost: Self.maximumBytes, ofSize: 6)) {
                outcomes.append(try reader.outcome())
            }
            progress = .waiting(waits, outcomes)
        case 2: progress = .answered(Array(try reader.blob(atMost: Self.maximumBytes)))
        default: throw .tag
        }
        try reader.end()
    }
}

// MARK: - Parts

extension BinaryWriter {
    fileprivate mutating func write(_ name: ProcessName) {
        write(name.group, atMost: RequestRecord.longestName)
        write(name.process, atMost: RequestRecord.longestName)
    }

    fileprivate mutating func write(_ outcome: CommandOutcome) {
        write(outcome.name)
        write(outcome.action == .stopped)
        switch outcome.failure {
        case nil: write(UInt8(0))
        case .noSuchProcess: write(UInt8(1))
        case .noSuchGroup: write(UInt8(2))
        case .alreadyStarted: write(UInt8(3))
        case .notRunning: write(UInt8(4))
        case .shuttingDown: write(UInt8(5))
        case .spawnError(let status):
            write(UInt8(6))
            write(status)
        case .abnormalTermination(let why):
            write(UInt8(7))
            write(why, atMost: RequestRecord.longestText)
        }
    }
}

extension BinaryReader {
    private mutating func name() throws(BinaryFault) -> ProcessName {
        let longest = Int(RequestRecord.longestName)
        let group = try text(atMost: longest)
        return ProcessName(group: group, process: try text(atMost: longest))
    }

    fileprivate mutating func wait() throws(BinaryFault) -> RequestRecord.Wait {
        let name = try name()
        guard let goal = Waiter.Goal(rawValue: try number()) else { throw .tag }
        return RequestRecord.Wait(
            name: name,
            goal: goal,
            runs: Int(try number(in: 0...Int64.max))
        )
    }

    fileprivate mutating func outcome() throws(BinaryFault) -> CommandOutcome {
        let name = try name()
        let action: CommandOutcome.Action = try flag() ? .stopped : .started
        let failure: CommandOutcome.Failure? =
            switch try number(UInt8.self) {
            case 0: nil
            case 1: .noSuchProcess
            case 2: .noSuchGroup
            case 3: .alreadyStarted
            case 4: .notRunning
            case 5: .shuttingDown
            case 6: .spawnError(try exitStatus())
            case 7: .abnormalTermination(try text(atMost: Int(RequestRecord.longestText)))
            default: throw .tag
            }
        return CommandOutcome(name, action, failure)
    }
}
