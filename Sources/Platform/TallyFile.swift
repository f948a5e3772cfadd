// SPDX-License-Identifier: Apache-2.0

private import Glibc
private import Synchronization

/// Counters in a file in memory, which outlive the manager as long as its guardian keeps the file.
///
/// Written and not mapped: a signal takes effect between two calls, so each counter is always whole.
package final class TallyFile: Sendable {
    package let descriptor: OwnedDescriptor
    /// One at a time reads a counter and writes it.
    private let turn = Mutex(())

    /// Makes a file in which each counter is 0.
    package convenience init() throws(SystemError) {
        self.init(try MemoryFile.make("swisord-tally", []))
    }

    /// Goes on with the counters of an earlier manager.
    package init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Adds to a counter; where there is no memory for it, it stays as it was.
    package func add(_ count: Int, at place: Int) {
        turn.withLock { _ in write(read(place) + UInt64(count), at: place) }
    }

    /// What has been counted.
    package subscript(place: Int) -> UInt64 {
        turn.withLock { _ in read(place) }
    }

    /// Begins anew.
    package func clear(_ place: Int) {
        turn.withLock { _ in if read(place) > 0 { write(0, at: place) } }
    }

    private func read(_ place: Int) -> UInt64 {
        var value: UInt64 = 0
        return pread(descriptor.rawValue, &value, 8, off_t(place * 8)) == 8 ? value : 0
    }

    private func write(_ value: UInt64, at place: Int) {
        var value = value
        _ = pwrite(descriptor.rawValue, &value, 8, off_t(place * 8))
    }
}
