// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// Streams that come and go.
extension LogLoop {
    func attach(
        _ id: StreamID,
        _ reader: DescriptorBox,
        _ target: LogTarget,
        _ treatment: OutputTreatment,
        _ isNew: Bool,
        at now: Instant
    ) {
        nextToken += 1
        let stream = LogStream(
            id,
            reader: reader,
            token: nextToken,
            output: outputs.output(for: target),
            tap: target.tap(),
            treatment
        )
        read(stream, from: reader)
        if !isNew, let move = reader.identity.flatMap({ journal?.take(of: $0) }) {
            open(stream, at: now)
            stream.finish(move, scratch)
            journal?.end(move)
        }
        if stream.output.file?.isUnopened == true, !isNew { unopened.add(id, at: now) }
        if isNew { look(at: stream, now) } else { settle(stream, at: now) }
    }

    private func takeIn(
        _ id: StreamID,
        _ moved: MovedStream,
        _ target: LogTarget,
        _ treatment: OutputTreatment,
        at now: Instant
    ) {
        nextToken += 1
        let output = outputs.output(for: target)
        let stream = LogStream(id, moved, token: nextToken, output: output, tap: target.tap())
        read(stream, from: moved.reader)
        stream.treat(treatment, at: now)
        open(stream, at: now)
        settle(stream, at: now)
    }

    private func read(_ stream: LogStream, from reader: DescriptorBox) {
        streams[stream.id] = stream
        tokens[stream.token] = stream
        do {
            try reactor.add(reader.descriptor, token: stream.token)
            stream.note(lost: 0)
        } catch {
            stream.report.note(lost: 0, text: error.description)
        }
    }

    /// Reads no more of a stream; somebody else is to see to it.
    private func takeOut(_ id: StreamID) -> LogStream? {
        guard let stream = streams.removeValue(forKey: id) else { return nil }
        untold.remove(id)
        held[id] = nil
        tokens[stream.token] = nil
        stopReading(stream)
        return stream
    }

    func detach(_ id: StreamID, at now: Instant) {
        guard let stream = takeOut(id) else { return }
        stream.close(scratch, at: now, followersEnd: .detached)
        if let (lost, text) = stream.report.takeLast() {
            notices(.trouble(id, lostBytes: lost, text: text))
        }
        outputs.leave(stream.output)
    }
}

// MARK: - To another thread and from there

extension LogLoop {
    /// Gives a stream to another thread.
    func moveAway(_ id: StreamID, _ deliver: (MovedStream?) -> Void, at now: Instant) {
        guard let stream = takeOut(id) else { return deliver(nil) }
        let moved = stream.pack(scratch, at: now)
        outputs.leave(stream.output)
        deliver(moved)
    }

    /// Goes on with a stream of another thread, and with what has been asked of it since.
    func arrive(
        _ id: StreamID,
        _ moved: MovedStream?,
        _ target: LogTarget,
        _ treatment: OutputTreatment,
        at now: Instant
    ) {
        if let moved { takeIn(id, moved, target, treatment, at: now) }
        for command in arrivals.take(id) where !arrivals.keeps(command) { carryOut(command) }
        if arrivals.isOver { carryOut(.shutdown) }
    }
}
