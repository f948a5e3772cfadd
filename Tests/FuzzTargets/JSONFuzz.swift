// SPDX-License-Identifier: Apache-2.0

@testable import ControlAPI

/// JSON as a client of the daemon reads it, and the one body that the daemon reads.
enum JSONFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        try check(ProcessInfo.self, bytes)
        try check(ProgramList.self, bytes)
        try check(CommandReport.self, bytes)
        try check(DaemonInfo.self, bytes)
        try check(ReloadPlan.self, bytes)
        try check(EventNote.self, bytes)
        try check(APIError.self, bytes)
        if let signal = try? JSONCoding.decodeSignal(bytes),
            let again = try? JSONCoding.encodeSignal(signal)
        {
            try require((try? JSONCoding.decodeSignal(again)) == signal, "another signal: \(again)")
        }
        try checkEvents(bytes)
    }

    /// What could be read is the same when it was written and read again.
    private static func check<Value: Codable & Hashable>(
        _ type: Value.Type,
        _ bytes: [UInt8]
    ) throws(Finding) {
        guard let value = try? JSONCoding.decode(type, from: bytes) else { return }
        guard let written = try? JSONCoding.encode(value) else {
            throw Finding("\(value) cannot be written")
        }
        let again = try? JSONCoding.decode(type, from: written)
        try require(again == value, "\(value) became \(String(describing: again))")
    }

    /// Events are the same wherever their bytes are cut.
    private static func checkEvents(_ bytes: [UInt8]) throws(Finding) {
        var whole = ServerSentEventDecoder()
        var cut = ServerSentEventDecoder()
        let middle = bytes.count / 2
        let events = cut.feed(bytes[..<middle]) + cut.feed(bytes[middle...])
        try require(whole.feed(bytes) == events, "other events when cut")
    }
}
