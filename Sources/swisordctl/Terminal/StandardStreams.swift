// SPDX-License-Identifier: Apache-2.0

private import Glibc

enum StandardStreams {
    /// Puts /dev/null where a standard stream is closed.
    ///
    /// Otherwise the socket to the daemon would take that number, and lines meant for a person
    /// would be sent to the daemon.
    static func fillGaps() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is the one that is closed.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
