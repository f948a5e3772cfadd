// SPDX-License-Identifier: Apache-2.0

import Platform
import SystemPackage

/// What a log thread looks at bytes with: a buffer, and a private pipe to copy into.
final class Scratch {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    private var pipe: PeekPipe?

    /// What comes next in a pipe, up to `count` bytes of it; they stay there.
    ///
    /// - Throws: `wouldBlock` when it is empty; what else the calls say, also for want of
    ///   descriptors.
    func peek(
        _ source: borrowing OwnedDescriptor,
        upTo count: Int
    ) throws(Errno) -> ArraySlice<UInt8> {
        if pipe == nil {
            do { pipe = try PeekPipe() } catch { throw error.errno }
        }
        switch pipe {
        case .some(let pipe): return buffer[..<min(count, try pipe.peek(source, into: &buffer))]
        case nil: throw .badFileDescriptor
        }
    }

    /// Takes so many bytes out of a pipe for good, fewer where it holds no more.
    func discard(_ count: Int, from source: borrowing OwnedDescriptor) throws(Errno) {
        var left = count
        var sink = [UInt8](repeating: 0, count: min(count, 64 * 1024))
        while left > 0 {
            if sink.count > left { sink.removeLast(sink.count - left) }
            let taken = try source.read(into: &sink)
            if taken == 0 { return }
            left -= taken
        }
    }
}
