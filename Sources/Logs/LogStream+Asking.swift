// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// Output that somebody is to have heard before it is taken out of its FIFO.
extension LogStream {
    /// Whoever writes more at a time than that does not talk, and would only cost time.
    private static let longestAnswer = 1 << 14

    /// Tells what is in the FIFO, unless that has been done and is waited for.
    func ask(_ question: OutputTreatment.Question, _ reader: DescriptorBox, _ scratch: Scratch) {
        guard asked == 0 else { return }
        let count = (try? reader.descriptor.waitingCount()) ?? 0
        isAsking = false
        ask(question, reader, scratch, last: count)
    }

    /// Tells what of the next so many bytes has not been told.
    func ask(
        _ question: OutputTreatment.Question,
        _ reader: DescriptorBox,
        _ scratch: Scratch,
        last count: Int
    ) {
        guard count > asked,
            let bytes = try? scratch.peek(reader.descriptor, upTo: count).dropFirst(asked)
        else { return }
        isAsking = true
        let new = count - asked
        if question(Array(bytes.prefix(Self.longestAnswer)), new) { asked += new }
    }

    /// So many bytes have been heard, and go where they belong.
    func heard(_ count: Int, _ scratch: Scratch, at now: Instant) {
        takeAsked(min(count, asked), scratch, at: now)
        asked -= min(count, asked)
        isAsking = asked > 0
    }

    /// Takes bytes out that need not be heard any more; what the log does not take is lost.
    func takeAsked(_ count: Int, _ scratch: Scratch, at now: Instant) {
        guard let reader, let filter, filter.treatment.asks != nil else { return }
        output.file?.prepare(at: now)
        var left = min(count, (try? reader.descriptor.waitingCount()) ?? 0)
        var lost = 0
        while left > 0 {
            let taken = pass(filter, reader, scratch, upTo: left, .over, at: now, &lost) ?? 0
            if taken == 0 { break }
            left -= taken
        }
        if left > 0, (try? scratch.discard(left, from: reader.descriptor)) != nil { lost += left }
        // Whoever waits for an answer does not wait for room.
        isHeld = false
        note(lost: lost)
    }
}
