// SPDX-License-Identifier: Apache-2.0

/// Something that was found to be wrong with an input: a property of its target does not hold.
package struct Finding: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A part of swisord that reads what others have written, and that no input may bring down.
///
/// Each takes any bytes. A trap is a finding, so is running for long; where a property can be
/// stated (in pieces as in one, printed and parsed again) it is checked and thrown as `Finding`.
/// The saved inputs of each are in Tests/Corpus, in a folder of its name.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case configuration
    case requests
    case json
    case xmlrpc
    case records
    case guardian
    case commands
    case environment
    case values
    case lines
    case logs
    case listeners
    case output
    case imports

    /// Gives bytes to the target.
    package func run(_ bytes: [UInt8]) throws(Finding) {
        switch self {
        case .configuration: try ConfigurationFuzz.run(bytes)
        case .requests: try RequestFuzz.run(bytes)
        case .json: try JSONFuzz.run(bytes)
        case .xmlrpc: try XMLRPCFuzz.run(bytes)
        case .records: try RecordFuzz.run(bytes)
        case .guardian: try GuardianFuzz.run(bytes)
        case .commands: try CommandFuzz.run(bytes)
        case .environment: try EnvironmentFuzz.run(bytes)
        case .values: try ValueFuzz.run(bytes)
        case .lines: try LineFuzz.run(bytes)
        case .logs: try LogFuzz.run(bytes)
        case .listeners: try ListenerFuzz.run(bytes)
        case .output: try OutputFuzz.run(bytes)
        case .imports: try ImportFuzz.run(bytes)
        }
    }
}

/// Says what is wrong, unless it is so.
func require(_ isSo: Bool, _ what: @autoclosure () -> String) throws(Finding) {
    if !isSo { throw Finding(what()) }
}

/// Reads an input as a row of small decisions, and what is left.
struct Choices {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// The next byte; 0 when there is none.
    mutating func byte() -> Int {
        Int(rest.popFirst() ?? 0)
    }

    /// Where to cut `count` bytes: a few ascending positions, decided by the next bytes.
    mutating func cuts(of count: Int) -> [Int] {
        let wanted = byte() % 8
        return (0..<wanted).map { _ in (byte() << 8 | byte()) % (count + 1) }.sorted()
    }
}

/// The pieces of some bytes between ascending positions.
func pieces(of bytes: [UInt8], cutAt positions: [Int]) -> [[UInt8]] {
    let ends = positions + [bytes.count]
    return zip([0] + positions, ends).map { Array(bytes[$0..<$1]) }
}
