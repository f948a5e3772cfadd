// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import Supervision

/// What one thread waits for, not for ever, and another rings, perhaps before (`eventfd`).
package final class Bell: Sendable {
    private let descriptor: OwnedDescriptor

    package init() throws(SystemError) {
        descriptor = OwnedDescriptor(
            owning: try retrying("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }
        )
    }

    func ring() {
        var one: UInt64 = 1
        _ = write(descriptor.rawValue, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits until it has rung since the last time, or so long has passed.
    func wait(_ patience: Duration) {
        var watched = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(clamping: patience.wholeNanoseconds / 1_000_000 + 1)
        guard poll(&watched, 1, milliseconds) > 0 else { return }
        var count: UInt64 = 0
        _ = read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size)
    }
}
