// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import SystemPackage

/// What a log thread does, turn by turn; everything here belongs to that thread.
///
/// A turn waits until a FIFO or the mailbox has something, gives lines a moment to gather, carries
/// out the commands, then lets each FIFO that is ready move its fair share. There is no timer: a
/// timeout exists only while a notice is held back, so an idle thread sleeps for ever.
final class LogLoop {
    private let commands: Mailbox<LogCommand>
    private let lines: Mailbox<[UInt8]>
    let notices: @Sendable (LogNotice) -> Void
    private let mark: WorkMark
    var reactor: Reactor
    /// Watches the mailboxes alone: what may cut the gathering short.
    private var inbox: Reactor

    var streams: [StreamID: LogStream] = [:]
    var tokens: [UInt64: LogStream] = [:]
    var nextToken: UInt64 = 1 << 32
    var outputs = LogOutputs()
    private var activity = ActivityWriter()
    /// Streams whose trouble has changed and was not told yet.
    var untold: Set<StreamID> = []
    /// When streams whose log has no room are tried again.
    var held: [StreamID: Instant] = [:]
    var unopened = UnopenedLogs()
    var arrivals = Arrivals()
    let scratch: Scratch
    let journal: MoveJournal?
    private var isFlooded = false
    private var isOver = false

    /// How long lines may gather; a flood is not held up.
    private static let gathering = Duration.milliseconds(5)
    /// A turn that moved this much from one FIFO is followed by the next at once.
    private static let flood = 32 * 1024
    /// How long a stream waits before its log is tried again.
    private static let holding = Duration.seconds(1)
    /// How long a stream waits before the rest of what it has begun is looked for.
    private static let pause = Duration.milliseconds(20)
    private static let mailboxToken: UInt64 = 1 << 31

    init(
        commands: Mailbox<LogCommand>,
        lines: Mailbox<[UInt8]>,
        mark: WorkMark,
        journal: MoveJournal?,
        notices: @escaping @Sendable (LogNotice) -> Void
    ) throws(SystemError) {
        self.mark = mark
        self.commands = commands
        self.lines = lines
        self.notices = notices
        self.journal = journal
        scratch = Scratch(journal?.makeLine())
        reactor = try Reactor()
        inbox = try Reactor(batch: 2)
        try reactor.add(commands.descriptor, token: Self.mailboxToken)
        try reactor.add(lines.descriptor, token: Self.mailboxToken)
        try inbox.add(commands.descriptor, token: Self.mailboxToken)
        try inbox.add(lines.descriptor, token: Self.mailboxToken)
    }

    /// Takes turns until `shutdown`.
    func run() {
        holdBackWriteSignals()
        mark.thread = ThisProcess.thread
        while !isOver {
            let ready = waitForWork()
            takeMail()
            pump(ready)
            retryHeld()
            lookAtSome()
            mark.end()
            watchForRoom()
            tellTrouble()
        }
        finish()
    }

    // MARK: One turn

    /// Answers the tokens that are ready.
    private func waitForWork() -> [UInt64] {
        var events: [Reactor.Event] = []
        try? reactor.wait(timeout: untilNextNotice(), into: &events)
        if !isFlooded, events.contains(where: { tokens[$0.token] != nil }) {
            try? inbox.wait(timeout: Self.gathering, into: &events)
            events.removeAll()
            try? reactor.wait(timeout: .zero, into: &events)
        }
        return events.map(\.token)
    }

    private func takeMail() {
        // In this order a line that was posted before a command is written before it.
        let commands = commands.takeAll()
        writeActivity()
        for command in commands where !arrivals.keeps(command) { carryOut(command) }
    }

    private func pump(_ ready: [UInt64]) {
        let now = MonotonicClock.now()
        isFlooded = false
        for token in ready {
            // What comes now may be the first words of a process that is new since then.
            if tokens[token]?.isBetweenRuns == true { takeMail() }
            if let stream = tokens[token] {
                turn(to: stream.id, at: MonotonicClock.now())
                let moved = stream.pump(scratch, at: now)
                if moved >= Self.flood { isFlooded = true }
                settle(stream, at: now)
                if stream.isAtEnd { stopReading(stream) }
                hold(stream, moved, at: now)
            } else if let number = Int32(exactly: token), let output = outputs.inherited[number] {
                output.flush()
            }
        }
    }

    /// Says what this thread is at, before it touches a pipe or a file.
    func turn(to id: StreamID, at now: Instant) {
        mark.begin(id, at: now)
    }

    /// Stops watching a FIFO whose log has no room, so that the program comes to wait, and one with
    /// nothing but a beginning, which would be told again and again.
    private func hold(_ stream: LogStream, _ moved: Int, at now: Instant) {
        guard
            let pause = stream.isHeld || stream.asked > 0
                ? Self.holding
                : stream.isAsking || stream.isUnfinished(after: moved) ? Self.pause : nil
        else { return }
        if held.updateValue(now.advanced(by: pause), forKey: stream.id) == nil {
            stopReading(stream)
        }
    }

    private func retryHeld() {
        guard !held.isEmpty else { return }
        let now = MonotonicClock.now()
        for (id, due) in held where due <= now {
            guard let stream = streams[id], let reader = stream.reader else {
                held[id] = nil
                continue
            }
            turn(to: id, at: MonotonicClock.now())
            let moved = stream.pump(scratch, at: now)
            settle(stream, at: now)
            if stream.isHeld || stream.isAsking || stream.isUnfinished(after: moved) {
                hold(stream, moved, at: now)
            } else {
                held[id] = nil
                if !stream.isAtEnd { try? reactor.add(reader.descriptor, token: stream.token) }
            }
        }
    }

    private func watchForRoom() {
        for (number, output) in outputs.inherited {
            output.watch(reactor, token: UInt64(number))
        }
    }

    func stopReading(_ stream: LogStream) {
        if let reader = stream.reader { try? reactor.remove(reader.descriptor) }
    }

    // MARK: Trouble

    func settle(_ stream: LogStream, at now: Instant) {
        if stream.report.due(at: now) == nil {
            untold.remove(stream.id)
        } else {
            untold.insert(stream.id)
        }
    }

    private func tellTrouble() {
        guard !untold.isEmpty else { return }
        let now = MonotonicClock.now()
        for id in untold {
            guard let stream = streams[id] else {
                untold.remove(id)
                continue
            }
            if let (lost, text) = stream.report.take(at: now) {
                notices(.trouble(id, lostBytes: lost, text: text))
            }
            settle(stream, at: now)
        }
    }

    /// How long there is nothing to do unless something comes.
    private func untilNextNotice() -> Duration? {
        guard !untold.isEmpty || !held.isEmpty || unopened.due != nil else { return nil }
        let now = MonotonicClock.now()
        let notices = untold.compactMap { streams[$0]?.report.due(at: now) }
        let next = (notices + held.values + [unopened.due].compactMap(\.self)).min() ?? now
        return max(.zero, next.duration(since: now))
    }

    /// Has streams that wait for room tried again at once: something has changed.
    private func release(_ ids: some Sequence<StreamID>, at now: Instant) {
        for id in ids where held[id] != nil { held[id] = now }
    }

    // MARK: Commands

    func carryOut(_ command: LogCommand) {
        let now = MonotonicClock.now()
        if let id = command.stream { turn(to: id, at: now) }
        switch command {
        case .attach(let id, let reader, let turn, let target, let treatment, let isNew):
            detach(id, at: now)
            let reader = DescriptorBox(OwnedDescriptor(owning: reader), turn)
            attach(id, reader, target, treatment, isNew, at: now)
        case .openActivity(let target, let echo):
            openActivity(target, echo: echo, at: now)
        case .retarget(let id, let target, let treatment):
            guard let stream = streams[id] else { return }
            let former = stream.output
            stream.finishLine(scratch, at: now)
            stream.treat(treatment, at: now)
            stream.redirect(to: outputs.output(for: target), tap: target.tap())
            outputs.leave(former)
            open(stream, at: now)
            release([id], at: now)
            settle(stream, at: now)
        case .moveAway(let id, let deliver): moveAway(id, deliver, at: now)
        case .expect(let id): arrivals.expect(id)
        case .arrive(let id, let moved, let target, let treatment):
            arrive(id, moved, target, treatment, at: now)
        case .detach(let id, let token):
            detach(id, at: now)
            notices(.drained(token))
        case .began(let id, let run):
            guard let stream = streams[id] else { return }
            stream.begin(run, at: now)
            settle(stream, at: now)
        case .ended(let id, let place, let token):
            if let stream = streams[id] {
                stream.end(at: place, scratch, now)
                settle(stream, at: now)
            }
            notices(.drained(token))
        case .heard(let id, let count, let token):
            if let stream = streams[id] {
                stream.heard(count, scratch, at: now)
                release([id], at: now)
                settle(stream, at: now)
            }
            notices(.drained(token))
        case .drain(let id, let token):
            drain(id, at: now)
            notices(.drained(token))
        case .reopen(let token):
            outputs.reopen(at: now)
            release(streams.keys, at: now)
            for stream in streams.values {
                stream.note(lost: 0)
                settle(stream, at: now)
            }
            notices(.drained(token))
        case .clear(let id, let token):
            notices(.cleared(token, error: clear(id, at: now)))
        case .readTail(let id, let bytes, let reply):
            reply(tail(of: id, bytes: bytes, at: now))
        case .readSlice(let id, let offset, let count, let reply):
            reply(slice(of: id, from: offset, count: count, at: now))
        case .follow(let follower, let id, let start, let sink):
            follow(follower, id, start, sink, at: now)
        case .unfollow(let follower):
            for stream in streams.values { stream.output.followers.remove(follower) }
        case .shutdown:
            isOver = true
        }
    }

    func drain(_ id: StreamID, at now: Instant) {
        guard let stream = streams[id] else { return }
        open(stream, at: now)
        stream.drain(scratch, at: now)
        settle(stream, at: now)
    }

    private func clear(_ id: StreamID, at now: Instant) -> String? {
        guard let stream = streams[id] else { return "unknown stream" }
        // What the program wrote before this command is to be cleared too.
        stream.drain(scratch, at: now)
        guard let file = stream.output.file else { return nil }
        file.prepare(at: now)
        do throws(LogFileError) {
            try file.clear()
        } catch {
            return error.description
        }
        stream.note(lost: 0)
        // Another log on the same disk may have room now as well.
        release(streams.keys, at: now)
        settle(stream, at: now)
        return nil
    }

    // MARK: The activity log

    private func openActivity(_ target: LogTarget, echo: Int32?, at now: Instant) {
        let output = outputs.output(for: target)
        let stream = streams[.activity] ?? LogStream(.activity, reader: nil, output: output)
        streams[.activity] = stream
        let former = stream.output
        stream.redirect(to: output, tap: nil)
        outputs.leave(former)
        open(stream, at: now)
        activity.open(stream, echo: echo.map { outputs.inherit($0) })
        stream.note(lost: 0)
        settle(stream, at: now)
        // What was said before there was a log.
        writeActivity()
    }

    private func writeActivity() {
        let now = MonotonicClock.now()
        guard let stream = streams[.activity] else {
            return activity.write(lines.takeAll(), refused: lines.refusedCount, at: now)
        }
        turn(to: .activity, at: now)
        activity.write(lines.takeAll(), refused: lines.refusedCount, at: now)
        settle(stream, at: now)
    }

    // MARK: The end

    private func finish() {
        let now = MonotonicClock.now()
        writeActivity()
        for (id, stream) in streams {
            turn(to: id, at: MonotonicClock.now())
            stream.close(scratch, at: now, followersEnd: .shutdown)
            if let (lost, text) = stream.report.takeLast() {
                notices(.trouble(id, lostBytes: lost, text: text))
            }
        }
        for output in outputs.inherited.values { output.finish(withinMilliseconds: 500) }
        streams = [:]
        tokens = [:]
        outputs = LogOutputs()
        mark.end()
        notices(.ended)
    }
}
