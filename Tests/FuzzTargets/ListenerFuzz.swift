// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What an event listener writes, and what is written down of it.
enum ListenerFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        if let record = try? ListenerRecord(bytes[...]) {
            let again = try? ListenerRecord(record.encoded()[...])
            try require(again == record, "another record: \(record)")
        }
        if let record = try? EventRecord(bytes[...]) {
            let written = record.encoded()
            try require(written.count <= EventRecord.maximumBytes, "\(written.count) bytes")
            let again = try? EventRecord(written[...])
            try require(again?.encoded() == written, "another record: \(record)")
        }
        var choices = Choices(bytes)
        let cuts = choices.cuts(of: max(0, choices.rest.count - 15))
        let output = Array(choices.rest)
        let whole = steps([output])
        let cut = steps(pieces(of: output, cutAt: cuts.map { min($0, output.count) }))
        try require(whole == cut, "another talk when cut at \(cuts)")
        try checkAnswers(output)
    }

    private static func steps(_ pieces: [[UInt8]]) -> [ListenerProtocol.Step] {
        var listener = ListenerProtocol()
        return pieces.flatMap { listener.take($0) }
    }

    /// Each event is answered once at most, and READY brings everybody back.
    private static func checkAnswers(_ output: [UInt8]) throws(Finding) {
        var listener = ListenerProtocol()
        var open = 0
        for byte in output {
            for step in listener.take([byte]) {
                switch step {
                case .answered: open -= 1
                case .ready, .confused: break
                }
            }
            try require(open >= 0, "an answer without an event")
            try require((listener.phase == .busy) == (open == 1), "an event is lost")
            guard listener.phase == .ready else { continue }
            listener.wasGivenEvent()
            open += 1
        }
        // No body is longer than this.
        let end = [UInt8](repeating: 0x0A, count: ListenerProtocol.longestBody + 1)
        _ = listener.take(end)
        _ = listener.take("READY\n".utf8)
        try require(listener.phase == .ready, "it is \(listener.phase) for ever")
    }
}
