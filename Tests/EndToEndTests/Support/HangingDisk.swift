// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A disk that can be made to hang in the midst of a write, in a mount namespace of its own.
///
/// Other than a `FreezingDisk` it holds up who has the kernel's locks already, as a network file
/// system does that is cut off and a journal that is stuck.
final class HangingDisk {
    /// Where it is mounted, for those in the namespace.
    let path: String
    private let server: Program

    /// Makes the disk and has the daemon, which is not started yet, see it.
    init(for daemon: Daemon) throws {
        path = daemon.home + "/disk"
        mkdir(path, 0o755)
        let server = try daemon.launch(Daemon.hangingDisk, [path])
        self.server = server
        try eventually("the disk", seeing: { server.errors }) { server.output == "mounted\n" }
        daemon.wrapper = ["/usr/bin/nsenter", "-t", "\(server.pid)", "-m"]
    }

    deinit {
        goOn()
        server.end()
    }

    /// Whether such a disk can be had here.
    static let isPossible =
        geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0
        && system(
            "command -v nsenter >/dev/null && unshare -m sh -c "
                + "'exec 3<>/dev/fuse && mount -i -t fuse -o "
                + "fd=3,rootmode=40000,user_id=0,group_id=0 probe /mnt' >/dev/null 2>&1"
        ) == 0

    func read(_ name: String) -> String { contents("/proc/\(server.pid)/root\(path)/\(name)") }

    /// From now on no write is answered.
    func hang() { kill(server.pid, SIGUSR1) }

    /// From now on all are, those that waited first.
    func goOn() { kill(server.pid, SIGUSR2) }
}
