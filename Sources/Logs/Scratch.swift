// SPDX-License-Identifier: Apache-2.0

import Platform
import SystemPackage

/// What a log thread looks at bytes with: a buffer, and a private pipe to copy into.
final class Scratch {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    private var pipe: PeekPipe?
    /// Where it is noted what is being moved; nil where nobody would read it.
    private let line: MoveLine?
    private var sink = [UInt8](repeating: 0, count: 64 * 1024)

    init(_ line: MoveLine? = nil) {
        self.line = line
    }

    /// What comes next in a pipe, up to `count` bytes of it; they stay there.
    ///
    /// - Throws: `wouldBlock` when it is empty; what else the calls say, also for want of
    ///   descriptors.
    func peek(
        _ source: borrowing OwnedDescriptor,
        upTo count: Int
    ) throws(Errno) -> ArraySlice<UInt8> {
        try makePipe()
        switch pipe {
        case .some(let pipe): return buffer[..<min(count, try pipe.peek(source, into: &buffer))]
        case nil: throw .badFileDescriptor
        }
    }

    private func makePipe() throws(Errno) {
        guard pipe == nil else { return }
        do { pipe = try PeekPipe() } catch { throw error.errno }
    }

    /// Takes so many bytes out of a pipe for good, fewer where it holds no more.
    ///
    /// What has been written to a log is taken out by one `read`, which no signal cuts short while
    /// the pipe holds that much: else the next manager could not tell what is left by its beginning.
    func discard(_ count: Int, from source: borrowing OwnedDescriptor) throws(Errno) {
        var left = count
        while left > 0 {
            let taken = try source.read(into: &sink, upTo: left)
            if taken == 0 { return }
            left -= taken
        }
    }

    // MARK: Moving

    /// Moves up to `count` bytes from a pipe to the end of a log, which is at `offset`.
    ///
    /// - Throws: `wouldBlock` when the pipe is empty; nothing has been moved then, or by any error.
    func move(
        from pipe: DescriptorBox,
        to log: OpenLog,
        at offset: Int,
        upTo count: Int
    ) throws(Errno) -> Int {
        guard let line, line.isKept, let identity = pipe.identity, (try? makePipe()) != nil else {
            return try pipe.splice(to: log.descriptor, count: count)
        }
        defer { line.end() }
        let copied: Int
        switch self.pipe {
        case .some(let copier):
            let most = min(count, sink.count)
            copied = try copier.copy(pipe.descriptor, upTo: most, to: log.descriptor) { count in
                line.begin(count, of: identity, to: log.identity, at: offset)
            }
        case nil: throw .badFileDescriptor
        }
        try discard(copied, from: pipe.descriptor)
        return copied
    }

    /// As `move`, of bytes that have been looked at: the next in the pipe.
    func move(
        _ bytes: ArraySlice<UInt8>,
        from pipe: DescriptorBox,
        to log: OpenLog,
        at offset: Int
    ) throws(Errno) -> Int {
        let isNoted = log.isRegular && line?.isKept == true
        if !isNoted, log.isSpliceable {
            do {
                return try pipe.splice(to: log.descriptor, count: bytes.count)
            } catch .invalidArgument {
                log.isSpliceable = false
            }
        }
        if isNoted, let identity = pipe.identity {
            line?.begin(bytes.count, of: identity, to: log.identity, at: offset)
        }
        defer { line?.end() }
        let count = try log.descriptor.write(bytes)
        try discard(count, from: pipe.descriptor)
        return count
    }

    /// Takes out of a pipe what an earlier manager has written to its log already.
    ///
    /// - Returns: How many bytes that were.
    func finish(_ move: MoveJournal.Move, from pipe: DescriptorBox, in log: OpenLog) -> Int {
        guard log.isRegular, log.identity == move.file,
            let size = try? log.descriptor.status().size
        else { return 0 }
        let count = min(move.count, size - move.offset)
        guard count > 0, let waiting = try? peek(pipe.descriptor, upTo: count),
            let written = try? log.descriptor.read(count: count, at: move.offset),
            waiting.elementsEqual(written)
        else { return 0 }
        return (try? discard(count, from: pipe.descriptor)) == nil ? 0 : count
    }
}
