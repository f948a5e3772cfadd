// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import Glibc

/// The place that reads as empty and where output disappears.
package enum NullDevice {
    /// Opens `/dev/null` for reading and writing.
    ///
    /// A bare chroot has no `/dev`. There, a sealed empty file stands in: it reads as empty too,
    /// but what is written to it fails with EPERM.
    package static func open() throws(SystemError) -> OwnedDescriptor {
        let device = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        if device >= 0 { return OwnedDescriptor(owning: device) }
        let reason = SystemError.last("open", "/dev/null")
        let file = swisord_empty_file()
        guard file >= 0 else { throw reason }
        return OwnedDescriptor(owning: file)
    }

    /// Fills those of descriptors 0, 1 and 2 that are closed.
    ///
    /// Call it first of all: else a socket or a log file gets such a number, and what is meant for
    /// standard error goes there.
    package static func fillStandardDescriptors() throws(SystemError) {
        while true {
            let filler = try open()
            if filler.rawValue > 2 { return }
            _ = filler.release()
        }
    }
}
