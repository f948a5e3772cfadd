// SPDX-License-Identifier: Apache-2.0

import Platform

/// The standard input of one run: our end of its pipe, and what there has been no room for yet.
///
/// The program decides when it reads. What it has not read waits here, up to a limit, and is
/// written as there is room; nobody else is kept waiting.
final class ProgramInput {
    /// The most bytes that wait.
    static let limit = 1 << 20
    /// As much as a pipe holds, more or less.
    private static let portion = 1 << 16

    private let writer: OwnedDescriptor
    private var waiting: [UInt8] = []
    private var isWatched = false

    init(_ writer: consuming OwnedDescriptor) {
        self.writer = writer
    }

    /// Whether nothing waits.
    var isEmpty: Bool { waiting.isEmpty }

    /// Whether so many bytes more may wait.
    func hasRoom(for count: Int) -> Bool { waiting.count + count <= Self.limit }

    /// Writes bytes behind those that wait, now or when there is room.
    ///
    /// - Throws: `SystemError`; EPIPE when the program has closed its end.
    func send(
        _ bytes: [UInt8],
        in reactor: borrowing Reactor,
        token: UInt64
    ) throws(SystemError) {
        waiting += bytes
        try flush(in: reactor, token: token)
    }

    /// Writes what there is room for; the reactor tells when there is more.
    func flush(in reactor: borrowing Reactor, token: UInt64) throws(SystemError) {
        do throws(SystemError) {
            let count = try InputPipe.write(waiting.prefix(Self.portion), to: writer)
            waiting.removeFirst(count)
            if waiting.isEmpty {
                stop(in: reactor)
            } else if !isWatched {
                try reactor.add(writer, token: token, for: .writable)
                isWatched = true
            }
        } catch {
            stop(in: reactor)
            throw error
        }
    }

    /// Forgets what waits, and is watched no more.
    func stop(in reactor: borrowing Reactor) {
        waiting = []
        if isWatched { try? reactor.remove(writer) }
        isWatched = false
    }
}
