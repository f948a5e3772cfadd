// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A small disk that can be made to hang, in a mount namespace that ends with the scenario.
///
/// `fsfreeze` stops all who change something on it, in a sleep that not even SIGKILL ends; reading
/// goes on. The namespace is held by a process of its own, through whose root the disk is seen.
final class FreezingDisk {
    /// Where it is mounted, for those in the namespace.
    let path: String
    private let holder: Program
    private let daemon: Daemon
    private var slowing: Program?

    /// Makes the disk and has the daemon, which is not started yet, see it.
    init(for daemon: Daemon) throws {
        self.daemon = daemon
        path = daemon.home + "/disk"
        mkdir(path, 0o755)
        let image = daemon.home + "/image"
        let script = """
            truncate -s 16M "$0" && mkfs.ext4 -q -F "$0" && mount -o loop "$0" "$1" \
            && echo mounted && exec sleep 1000
            """
        let words = ["--propagation", "private", "-m", "sh", "-c", script, image, path]
        let holder = try daemon.launch("/usr/bin/unshare", words)
        self.holder = holder
        try eventually("the disk", seeing: { holder.errors }) {
            holder.output == "mounted\n"
        }
        daemon.wrapper = ["/usr/bin/nsenter", "-t", "\(holder.pid)", "-m"]
    }

    deinit {
        recover()
        thaw()
        holder.end()
    }

    /// Whether such a disk can be had here.
    static let isPossible =
        geteuid() == 0
        && system(
            "unshare -m sh -c 'truncate -s 1M /tmp/swisord-probe-$$ "
                + "&& mkfs.ext4 -q -F /tmp/swisord-probe-$$ "
                + "&& mount -o loop /tmp/swisord-probe-$$ /mnt; s=$?; "
                + "rm -f /tmp/swisord-probe-$$; exit $s' >/dev/null 2>&1 "
                + "&& command -v fsfreeze nsenter >/dev/null"
        ) == 0

    /// The disk as this process can see it.
    private var seen: String { "/proc/\(holder.pid)/root\(path)" }

    func read(_ name: String) -> String { contents("\(seen)/\(name)") }

    func freeze() throws {
        let frozen = try daemon.run("/usr/sbin/fsfreeze", ["-f", seen])
        guard frozen.status == 0 else { throw Program.Failure(description: frozen.errors) }
    }

    func thaw() {
        _ = try? daemon.run("/usr/sbin/fsfreeze", ["-u", seen])
    }

    /// Has every change of the disk take about a third of a second from now on.
    func slowDown() throws {
        let script = """
            until [ -e "$1" ]; do fsfreeze -f "$0"; sleep 0.3; fsfreeze -u "$0"; sleep 0.02; done
            """
        slowing = try daemon.launch("/bin/sh", ["-c", script, seen, recovery])
    }

    /// Makes it as fast as it was.
    func recover() {
        guard let slowing else { return }
        daemon.scratch.write("recovery", "")
        _ = try? slowing.finish()
        self.slowing = nil
    }

    /// The file whose appearance ends the slowness, between two turns of it.
    private var recovery: String { daemon.home + "/recovery" }
}
