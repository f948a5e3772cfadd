// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
package import SystemPackage

extension OwnedDescriptor {
    /// Moves up to `count` bytes from this pipe to the position of a file (`splice`).
    ///
    /// Nothing is copied through this process, so nothing is lost when it is killed half way. It
    /// never waits for the pipe (`wouldBlock` when it is empty); a slow disk it does wait for.
    ///
    /// - Throws: the errno of the call, `invalidArgument` where the file cannot be spliced to.
    package borrowing func splice(
        to file: borrowing OwnedDescriptor,
        count: Int
    ) throws(Errno) -> Int {
        while true {
            let moved = swisord_splice(rawValue, file.rawValue, count)
            if moved >= 0 { return moved }
            if Glibc.errno != EINTR { throw Errno(rawValue: Glibc.errno) }
        }
    }
}

/// A private pipe by which the bytes in another one are looked at without taking them out (`tee`).
package struct PeekPipe: ~Copyable {
    private let reader: OwnedDescriptor
    private let writer: OwnedDescriptor

    package init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        _ = try retrying("pipe2") { swisord_pipe(&ends) }
        reader = OwnedDescriptor(owning: ends[0])
        writer = OwnedDescriptor(owning: ends[1])
    }

    /// Fills `buffer` with what is next in the pipe, and answers how many bytes it is.
    ///
    /// - Throws: `wouldBlock` when the pipe is empty, else the errno of the call.
    package borrowing func peek(
        _ pipe: borrowing OwnedDescriptor,
        into buffer: inout [UInt8]
    ) throws(Errno) -> Int {
        let count = try repeating { swisord_tee(pipe.rawValue, writer.rawValue, buffer.count) }
        var filled = 0
        while filled < count {
            // All of it is there, so this neither waits nor ends early.
            filled += try repeating {
                buffer.withUnsafeMutableBytes {
                    read(reader.rawValue, $0.baseAddress.map { $0 + filled }, count - filled)
                }
            }
        }
        return filled
    }

    /// Copies bytes from a pipe to the position of a file and leaves them where they are.
    ///
    /// While a disk hangs, only this private pipe is locked.
    ///
    /// - Parameters:
    ///   - pipe: Where the bytes are.
    ///   - count: The most that is copied.
    ///   - file: Where they go.
    ///   - before: Called with how many are about to be written.
    /// - Returns: How many have been; fewer where the file takes no more.
    /// - Throws: `wouldBlock` when the pipe is empty, else the errno of `tee` or `splice`.
    package borrowing func copy(
        _ pipe: borrowing OwnedDescriptor,
        upTo count: Int,
        to file: borrowing OwnedDescriptor,
        before: (Int) -> Void
    ) throws(Errno) -> Int {
        let count = try repeating { swisord_tee(pipe.rawValue, writer.rawValue, count) }
        guard count > 0 else { return 0 }
        before(count)
        var copied = 0
        do throws(Errno) {
            while copied < count {
                let moved = try reader.splice(to: file, count: count - copied)
                guard moved > 0 else { throw .ioError }
                copied += moved
            }
        } catch {
            empty(count - copied)
            if copied == 0 { throw error }
        }
        return copied
    }

    /// Takes out what nobody wants.
    private borrowing func empty(_ count: Int) {
        var left = count
        var sink = [UInt8](repeating: 0, count: min(count, 64 * 1024))
        while left > 0 {
            guard
                let taken = try? repeating({ read(reader.rawValue, &sink, min(left, sink.count)) }),
                taken > 0
            else { return }
            left -= taken
        }
    }

    private borrowing func repeating(_ call: () -> Int) throws(Errno) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            if Glibc.errno != EINTR { throw Errno(rawValue: Glibc.errno) }
        }
    }
}
