// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import SystemPackage

/// One FIFO and the output that its bytes go to.
final class LogStream {
    let id: StreamID
    /// None for the activity log, whose lines come by mailbox.
    let reader: DescriptorBox?
    /// By what the reactor knows the reader.
    let token: UInt64
    private(set) var output: LogOutput
    /// Where each line goes as well; its own, for a log may be shared and this names the program.
    private var tap: SyslogSink?
    var report = TroubleReport()
    /// The writers have gone for good; only happens to pipes that were not opened O_RDWR.
    private(set) var isAtEnd = false
    /// What is in the FIFO waits there for room on the disk (`LogFileSettings.OnFull.block`).
    var isHeld = false
    /// Since when what is in the FIFO waits there for its end; nil when it does not.
    private(set) var unfinishedSince: Instant?
    /// Whether a process has ended, and nothing is known of another.
    private(set) var isBetweenRuns = false
    /// What looks at the bytes; nil where nobody has to.
    private(set) var filter: OutputFilter?
    private var tally: (@Sendable (Int) -> Void)?
    /// How much of what is in the FIFO waits there until it has been heard.
    var asked = 0
    /// Whether somebody is to hear what is in the FIFO and has not yet.
    var isAsking = false

    /// The most that one stream moves before the others have their turn.
    static let share = 1024 * 1024
    /// The same where the bytes are looked at, which takes many calls.
    private static let lookedAtShare = 64 * 1024

    private static let short = 32 * 1024

    /// What pumps have found beyond what is ordinary, in bytes.
    private var excess = 0
    private var isWide = false
    /// What a pump of a program that only talks much may find.
    private static let ordinary = 8 * 1024
    /// So much more makes it worth while to widen the pipe: then program and log thread wake each
    /// other less.
    private static let flood = 512 * 1024
    /// What any user may ask for (/proc/sys/fs/pipe-max-size); used only as far as it is filled.
    private static let wide: Int32 = 1024 * 1024
    /// The most that waits in a FIFO for its end, and for how long.
    private static let mostUnfinished = 32 * 1024
    private static let longestUnfinished = Duration.seconds(1)

    init(
        _ id: StreamID,
        reader: DescriptorBox?,
        token: UInt64 = 0,
        output: LogOutput,
        tap: SyslogSink? = nil,
        _ treatment: OutputTreatment = .plain
    ) {
        self.id = id
        self.tap = tap
        filter = treatment.isPlain ? nil : OutputFilter(treatment)
        tally = treatment.tally
        self.reader = reader
        self.token = token
        self.output = output
        output.users += 1
    }

    /// Goes on with a stream that has come from another thread.
    convenience init(
        _ id: StreamID,
        _ moved: MovedStream,
        token: UInt64,
        output: LogOutput,
        tap: SyslogSink?
    ) {
        self.init(id, reader: moved.reader, token: token, output: output, tap: tap)
        filter = moved.filter.map(OutputFilter.init)
        report = moved.report
        asked = moved.asked
        isBetweenRuns = moved.isBetweenRuns
        for follower in moved.followers { output.followers.add(follower) }
    }

    /// Moves what is in the FIFO to the output, up to a fair share; answers how much it was.
    func pump(_ scratch: Scratch, at now: Instant, upTo limit: Int? = nil) -> Int {
        guard let reader, !isAtEnd else { return 0 }
        if let question = filter?.treatment.asks {
            ask(question, reader, scratch)
            return 0
        }
        output.file?.prepare(at: now)
        isHeld = false
        let fair = filter == nil ? Self.share : Self.lookedAtShare
        let share = min(fair, limit ?? .max)
        var moved = 0
        while moved < share {
            // All that is there, rather than a part that ends in the middle of a line.
            let most = limit.map { min(fair, $0) - moved } ?? fair
            var lost = 0
            let count =
                move(reader, scratch, upTo: most, at: now, &lost)
                ?? copy(reader, scratch, at: now, &lost)
            note(lost: lost)
            guard let count, count > 0 else { break }
            moved += count
            // Most likely empty now; if not, epoll tells.
            if count < Self.short || isHeld { break }
        }
        widenInFlood(reader, moved)
        return moved
    }

    /// Whether there is nothing in the FIFO but what waits for its end; where something was moved,
    /// more has come most likely.
    func isUnfinished(after moved: Int) -> Bool { unfinishedSince != nil && moved == 0 }

    /// Takes out of the FIFO what an earlier manager has written to the log.
    func finish(_ move: MoveJournal.Move, _ scratch: Scratch) {
        guard let reader, let log = output.file?.log else { return }
        let count = scratch.finish(move, from: reader, in: log)
        guard count > 0, let position = filter?.treatment.position else { return }
        position.begin()
        position.advance(by: count)
    }

    private func widenInFlood(_ reader: DescriptorBox, _ moved: Int) {
        excess = max(0, excess + moved - Self.ordinary)
        guard excess >= Self.flood, !isWide else { return }
        isWide = true
        reader.descriptor.widenPipe(to: Self.wide)
    }

    /// What was moved, 0 when the FIFO is empty or must wait; nil when the bytes have to be copied.
    private func move(
        _ reader: DescriptorBox,
        _ scratch: Scratch,
        upTo count: Int,
        at now: Instant,
        _ lost: inout Int
    ) -> Int? {
        if let filter {
            return pass(filter, reader, scratch, upTo: count, .more, at: now, &lost)
        }
        return splice(reader, scratch, upTo: count, at: now, &lost)
    }

    /// As `move`, to a file.
    private func splice(
        _ reader: DescriptorBox,
        _ scratch: Scratch,
        upTo count: Int,
        at now: Instant,
        _ lost: inout Int
    ) -> Int? {
        guard let file = output.file else { return nil }
        if output.followers.isEmpty, tap == nil,
            let moved = file.move(from: reader, scratch, upTo: count)
        {
            return moved
        }
        do {
            let bytes = try scratch.peek(reader.descriptor, upTo: count)
            if bytes.isEmpty { return nil }
            let stored = file.store(bytes, from: .pipe(reader, scratch), at: now)
            output.followers.tell(bytes.prefix(stored.taken))
            lost += stored.lost + (tap?.append(bytes.prefix(stored.taken)) ?? 0)
            isHeld = stored.isHeld
            return stored.taken
        } catch {
            return error == .wouldBlock ? 0 : nil
        }
    }

    private func copy(
        _ reader: DescriptorBox,
        _ scratch: Scratch,
        at now: Instant,
        _ lost: inout Int
    ) -> Int? {
        let count: Int
        do {
            count = try reader.descriptor.read(into: &scratch.buffer)
        } catch {
            // Any other error would come again and again.
            if error != .wouldBlock { isAtEnd = true }
            return nil
        }
        if count == 0 { isAtEnd = true }
        lost += accept(scratch.buffer[..<count], at: now)
        return count
    }

    /// Writes bytes that are in no FIFO any more, and answers how many are lost.
    private func accept(_ bytes: ArraySlice<UInt8>, at now: Instant) -> Int {
        output.accept(bytes, at: now) + (tap?.append(bytes) ?? 0)
    }

    // MARK: Looking at the bytes

    func pass(
        _ filter: OutputFilter,
        _ reader: DescriptorBox,
        _ scratch: Scratch,
        upTo count: Int,
        _ wait: OutputScanner.Wait,
        at now: Instant,
        _ lost: inout Int
    ) -> Int? {
        let bytes: ArraySlice<UInt8>
        do { bytes = try scratch.peek(reader.descriptor, upTo: count) } catch {
            return error == .wouldBlock ? 0 : nil
        }
        if bytes.isEmpty { return nil }
        var lostHere = 0
        let exits = OutputFilter.Exits { [self] piece in
            store(piece, reader, scratch, at: now, &lostHere)
        } drop: { count in
            (try? scratch.discard(count, from: reader.descriptor)) != nil
        }
        filter.treatment.position?.begin()
        var taken = filter.pass(bytes, wait, to: exits)
        let since = taken > 0 ? now : unfinishedSince ?? now
        if taken == 0, filter.isUnfinished,
            bytes.count >= Self.mostUnfinished
                || now.duration(since: since) >= Self.longestUnfinished
        {
            taken = filter.pass(bytes, .full, to: exits)
        }
        filter.treatment.position?.advance(by: taken)
        unfinishedSince = filter.isUnfinished ? since : nil
        lost += lostHere
        return taken
    }

    /// Writes bytes that come next in the FIFO, and answers how many are done with.
    private func store(
        _ bytes: ArraySlice<UInt8>,
        _ reader: DescriptorBox,
        _ scratch: Scratch,
        at now: Instant,
        _ lost: inout Int
    ) -> Int {
        if let file = output.file {
            let stored = file.store(bytes, from: .pipe(reader, scratch), at: now)
            output.followers.tell(bytes.prefix(stored.taken))
            lost += stored.lost + (tap?.append(bytes.prefix(stored.taken)) ?? 0)
            isHeld = stored.isHeld
            return stored.taken
        }
        guard (try? scratch.discard(bytes.count, from: reader.descriptor)) != nil else { return 0 }
        lost += accept(bytes, at: now)
        return bytes.count
    }

    /// The process that has the FIFO from now on.
    ///
    /// What the one before it wrote was read when it had ended. What is there by now can be this
    /// one's first words: it may have been faster than the news of it.
    func begin(_ run: PID, at now: Instant) {
        isBetweenRuns = false
        guard let filter else { return }
        if filter.run != nil { note(lost: accept(filter.abandon()[...], at: now)) }
        filter.run = run
    }

    /// Nothing will follow what has been begun, and all of it is written.
    ///
    /// - Parameters:
    ///   - place: Where the words of the process end, by its `ReadPosition`; nil for all there is.
    ///   - scratch: What to look at bytes with.
    ///   - now: The instant of the turn.
    func end(at place: UInt64? = nil, _ scratch: Scratch, _ now: Instant) {
        isBetweenRuns = true
        guard let filter, let reader else {
            drain(scratch, at: now)
            return
        }
        let position = filter.treatment.position
        // No more than is there now: somebody may write on and on.
        var left = (try? reader.descriptor.waitingCount()) ?? 0
        left = min(left, place.flatMap { position?.distance(to: $0) } ?? .max)
        if let question = filter.treatment.asks {
            ask(question, reader, scratch, last: left)
            return
        }
        left -= drain(scratch, upTo: left, at: now)
        var lost = 0
        while left > 0, !isHeld {
            let taken = pass(filter, reader, scratch, upTo: left, .over, at: now, &lost) ?? 0
            if taken == 0 { break }
            left -= taken
        }
        lost += accept(filter.abandon()[...], at: now)
        note(lost: lost)
        filter.run = nil
    }

    /// Does with the bytes from now on what another treatment says.
    func treat(_ treatment: OutputTreatment, at now: Instant) {
        tally = treatment.tally
        if treatment.asks == nil { (asked, isAsking) = (0, false) }
        if let filter {
            note(lost: accept(filter.change(to: treatment)[...], at: now))
            if treatment.isPlain {
                self.filter = nil
                unfinishedSince = nil
            }
        } else if !treatment.isPlain {
            filter = OutputFilter(treatment)
        }
    }

    /// Moves everything that is in the FIFO now, but not what is still coming.
    ///
    /// - Parameters:
    ///   - scratch: What to look at bytes with.
    ///   - limit: The most that is moved.
    ///   - now: The instant of the turn.
    /// - Returns: How many bytes it was.
    @discardableResult
    func drain(_ scratch: Scratch, upTo limit: Int = .max, at now: Instant) -> Int {
        guard let reader, let waiting = try? reader.descriptor.waitingCount() else { return 0 }
        let all = min(waiting, limit)
        var left = all
        while left > 0 {
            let moved = pump(scratch, at: now, upTo: left)
            if moved == 0 { break }
            left -= moved
        }
        return all - left
    }

    /// Writes one piece that did not come through a FIFO.
    func append(_ bytes: [UInt8], at now: Instant) {
        note(lost: output.accept(bytes[...], at: now))
    }

    /// Writes the rest of a line where its beginning is, as far as it has come by now.
    func finishLine(_ scratch: Scratch, at now: Instant) {
        guard let reader, output.file?.endsWithinLine == true,
            let bytes = try? scratch.peek(reader.descriptor, upTo: scratch.buffer.count),
            let end = bytes.firstIndex(of: 0x0A)
        else { return }
        drain(scratch, upTo: end + 1 - bytes.startIndex, at: now)
    }

    /// Sends everything from now on elsewhere; followers come along.
    func redirect(to output: LogOutput, tap: SyslogSink?) {
        if tap?.tag != self.tap?.tag {
            note(lost: self.tap?.finish() ?? 0)
            self.tap = tap
            note(lost: 0)
        }
        guard output !== self.output else { return }
        note(lost: self.output.finish())
        for follower in self.output.followers.take(of: id) { output.followers.add(follower) }
        self.output.users -= 1
        output.users += 1
        self.output = output
        note(lost: 0)
    }

    /// Takes leave of its output; what is in the FIFO is for whoever goes on with it.
    func pack(_ scratch: Scratch, at now: Instant) -> MovedStream? {
        guard let reader else { return nil }
        finishLine(scratch, at: now)
        note(lost: output.finish() + (tap?.finish() ?? 0))
        output.users -= 1
        return MovedStream(
            reader: reader,
            filter: filter?.memory,
            followers: output.followers.take(of: id),
            report: report,
            asked: asked,
            isBetweenRuns: isBetweenRuns
        )
    }

    /// Writes what is left and what was held back, and tells the followers that this is all.
    func close(_ scratch: Scratch, at now: Instant, followersEnd end: FollowEnd) {
        drain(scratch, at: now)
        self.end(scratch, now)
        takeAsked(.max, scratch, at: now)
        // What was to wait for room waits no longer.
        let waiting = isHeld ? (try? reader?.descriptor.waitingCount()) ?? 0 : 0
        note(lost: waiting + output.finish() + (tap?.finish() ?? 0))
        for follower in output.followers.take(of: id) { follower.sink(.ended(end)) }
        output.users -= 1
    }

    func note(lost: Int) {
        if lost > 0 { tally?(lost) }
        report.note(lost: lost, text: output.trouble ?? tap?.trouble)
    }
}
