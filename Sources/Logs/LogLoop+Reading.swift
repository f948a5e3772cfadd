// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What is read of a log, once what the program has written is in it.
extension LogLoop {
    func tail(
        of id: StreamID,
        bytes: Int,
        at now: Instant
    ) -> Result<[UInt8], LogReadError> {
        guard let stream = streams[id] else { return .failure(.unknownStream) }
        drain(id, at: now)
        guard let file = stream.output.file else { return .failure(.noLogFile) }
        return Result { () throws(LogFileError) in try file.tail(bytes: bytes) }
            .mapError { .failed($0.description) }
    }

    func slice(
        of id: StreamID,
        from offset: Int,
        count: Int?,
        at now: Instant
    ) -> Result<LogSlice, LogReadError> {
        guard let stream = streams[id] else { return .failure(.unknownStream) }
        drain(id, at: now)
        guard let file = stream.output.file else { return .failure(.noLogFile) }
        do throws(LogFileError) {
            return try file.slice(from: offset, count: count).map(Result.success)
                ?? .failure(.noLogFile)
        } catch {
            return .failure(.failed(error.description))
        }
    }

    func follow(
        _ follower: FollowerID,
        _ id: StreamID,
        _ start: FollowStart,
        _ sink: @escaping @Sendable (FollowUpdate) -> Void,
        at now: Instant
    ) {
        guard let stream = streams[id] else { return sink(.ended(.unknownStream)) }
        open(stream, at: now)
        // Who wants nothing of the past misses nothing of what is in the pipe already.
        if start != .last(0) { drain(id, at: now) }
        let (bytes, isWhole) = stream.output.past(start)
        sink(.began(stream.output.file?.place(beforeEnd: bytes.count), isWhole: isWhole))
        if !bytes.isEmpty { sink(.bytes(bytes)) }
        stream.output.followers.add(.init(id: follower, stream: id, sink: sink))
    }
}
