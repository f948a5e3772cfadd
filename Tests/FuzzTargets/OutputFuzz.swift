// SPDX-License-Identifier: Apache-2.0

import Supervision
import Synchronization

@testable import Logs

/// What a program writes, with sequences for a terminal and tags of messages in it: whole, in pieces,
/// with pauses, and into a log that takes little at a time.
enum OutputFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        var choices = Choices(bytes)
        let kind = Kind(choices.byte())
        let limit = kind.captures ? choices.byte() * 8 : nil
        let room = choices.byte() % 32 + 1
        let pauses = choices.byte()
        let cuts = choices.cuts(of: max(0, choices.rest.count - 15))
        let output = Array(choices.rest)
        let positions = cuts.map { min($0, output.count) }
        let whole = try Outcome(of: [output], kind, limit)
        try check(whole, of: output, kind, limit)

        let parts = pieces(of: output, cutAt: positions)
        let cut = try Outcome(of: parts, kind, limit)
        try require(cut == whole, "another outcome when cut at \(positions)")
        let narrow = try Outcome(of: parts, kind, limit, room: room)
        try require(narrow == whole, "another outcome when \(room) bytes are written at a time")

        let paused = try Outcome(of: parts, kind, limit, room: room, pauses: pauses)
        guard paused.abandoned.isEmpty, whole.abandoned.isEmpty else { return }
        try require(paused.messages == whole.messages, "other messages with pauses at \(positions)")
        try require(whole.log.isContained(in: paused.log), "a pause loses some of the log")
        try require(whole.speech.isContained(in: paused.speech), "a pause loses some of the talk")
    }

    /// What is done with the output.
    private struct Kind {
        let strips: Bool
        let captures: Bool
        let hears: Bool

        init(_ byte: Int) {
            strips = byte & 1 != 0
            captures = byte & 2 != 0
            hears = byte & 4 != 0
        }
    }

    /// Compares with what the words of the manual come to.
    private static func check(
        _ whole: Outcome,
        of output: [UInt8],
        _ kind: Kind,
        _ limit: Int?
    ) throws(Finding) {
        try require(whole.log.isContained(in: output), "the log has what was never written")
        guard !kind.strips else { return }
        let (text, messages) = apart(output, kind.captures)
        try require(whole.log == text, "\(whole.log.count) bytes of \(text.count) are in the log")
        let kept = messages.map { Array($0.suffix(limit ?? 0)) }
        try require(whole.messages == kept, "\(whole.messages.count) messages of \(kept.count)")
        guard kind.hears else { return }
        let said = text.count + messages.reduce(0) { $0 + $1.count }
        try require(whole.speech.count == said, "\(whole.speech.count) bytes of \(said) are told")
    }

    /// The text outside of the tags, and what is between them, found in the plainest way.
    private static func apart(_ output: [UInt8], _ captures: Bool) -> ([UInt8], [[UInt8]]) {
        guard captures else { return (output, []) }
        var text: [UInt8] = []
        var messages: [[UInt8]] = []
        var rest = output[...]
        while let begin = rest.firstRange(of: OutputScanner.begin),
            let end = rest[begin.upperBound...].firstRange(of: OutputScanner.end)
        {
            text += rest[..<begin.lowerBound]
            messages.append(Array(rest[begin.upperBound..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return (text + rest, messages)
    }

    /// All that came of some output.
    private struct Outcome: Equatable {
        private(set) var log: [UInt8] = []
        private(set) var messages: [[UInt8]] = []
        private(set) var speech: [UInt8] = []
        /// What had been taken of a message without an end, and stands at the end of the log.
        private(set) var abandoned: [UInt8] = []

        /// The parts lie in the pipe one after the other; the log takes `room` bytes at a time, and
        /// `pauses` has a bit for each part that the program pauses after.
        init(
            of parts: [[UInt8]],
            _ kind: Kind,
            _ limit: Int?,
            room: Int = .max,
            pauses: Int = 0
        ) throws(Finding) {
            let heard = Ears()
            let noted: OutputTreatment.Ear = { bytes, _ in heard.note(bytes) }
            let listened: OutputTreatment.Ear = { bytes, _ in heard.listen(bytes) }
            var treatment = OutputTreatment(stripsEscapes: kind.strips)
            if let limit { treatment.capture = .init(limit: limit, told: noted) }
            if kind.hears { treatment.heard = listened }
            let filter = OutputFilter(treatment)
            var pipe: [UInt8] = []
            for (index, part) in parts.enumerated() {
                pipe += part
                try offer(&pipe, to: filter, .more, room)
                guard pauses >> index & 1 == 1 else { continue }
                // As the log does: what follows is no longer waited for.
                while filter.isUnfinished, try offer(&pipe, to: filter, .full, room) > 0 {
                    try offer(&pipe, to: filter, .more, room)
                }
            }
            try offer(&pipe, to: filter, .over, room)
            try require(pipe.isEmpty, "\(pipe.count) bytes are left in the pipe")
            abandoned = filter.abandon()
            log += abandoned
            (messages, speech) = heard.all
        }

        /// Offers the pipe until nothing more is taken of it, and answers what was.
        @discardableResult
        private mutating func offer(
            _ pipe: inout [UInt8],
            to filter: OutputFilter,
            _ wait: OutputScanner.Wait,
            _ room: Int
        ) throws(Finding) -> Int {
            var written: [UInt8] = []
            var gone = 0
            let exits = OutputFilter.Exits { bytes in
                let count = min(bytes.count, room)
                written += bytes.prefix(count)
                gone += count
                return count
            } drop: { count in
                gone += count
                return true
            }
            let before = pipe.count
            while !pipe.isEmpty {
                gone = 0
                let taken = filter.pass(pipe[...], wait, to: exits)
                try require(taken == gone, "\(gone) bytes are gone, and \(taken) are taken")
                pipe.removeFirst(gone)
                if taken == 0 { break }
            }
            log += written
            return before - pipe.count
        }
    }

    /// Whoever is told of messages and of all that is written.
    private final class Ears: Sendable {
        private let state = Mutex<(messages: [[UInt8]], speech: [UInt8])>(([], []))

        var all: (messages: [[UInt8]], speech: [UInt8]) { state.withLock { $0 } }

        func note(_ message: [UInt8]) { state.withLock { $0.messages.append(message) } }

        func listen(_ bytes: [UInt8]) { state.withLock { $0.speech += bytes } }
    }
}

extension [UInt8] {
    /// Whether all of it is in `other` in the same order, whatever stands between.
    fileprivate func isContained(in other: [UInt8]) -> Bool {
        var rest = other[...]
        for byte in self {
            guard let index = rest.firstIndex(of: byte) else { return false }
            rest = rest[(index + 1)...]
        }
        return true
    }
}
