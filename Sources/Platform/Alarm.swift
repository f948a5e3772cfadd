// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc
private import Supervision
private import SystemPackage

/// A timer that any thread may set and that one thread's reactor waits for (`timerfd`).
package struct Alarm: ~Copyable, Sendable {
    /// Readable once the time has come.
    package let descriptor: OwnedDescriptor

    package init() throws(SystemError) {
        descriptor = OwnedDescriptor(
            owning: try retrying("timerfd_create") { swisord_alarm_make() }
        )
    }

    /// Sets it to go off once, so long from now, whatever it was set to before.
    package borrowing func set(after delay: Duration) {
        swisord_alarm_set(descriptor.rawValue, max(1, delay.wholeNanoseconds))
    }

    /// Takes note that it has gone off.
    package borrowing func acknowledge() {
        var count: UInt64 = 0
        _ = read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size)
    }
}
