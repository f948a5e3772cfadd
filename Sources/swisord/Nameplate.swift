// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logging
import Platform

/// Where it stands which process is the daemon: in the lock, which a second start reads, and in the
/// pid file.
struct Nameplate: Hashable, Sendable {
    /// The lock's file.
    let lock: String
    private let pidfile: String?

    init(_ settings: DaemonSettings) {
        lock = settings.runtimeDirectory + "/swisord.lock"
        pidfile = settings.pidfile
    }

    /// Writes the pid file; a missing one is told, and keeps nobody from running, as supervisord.
    func writePidFile(_ pid: Int32, _ log: Logger) {
        guard let pidfile else { return }
        do throws(SystemError) {
            try PidFile(path: pidfile, pid: pid).write()
        } catch {
            log.critical("cannot write the pid file: \(error)")
        }
    }

    /// Names another process everywhere, as far as a disk that may hang takes it.
    func rename(to pid: Int32, _ log: Logger, _ patience: Patience) {
        let isRenamed = try? patience.call("nameplate") {
            writePidFile(pid, log)
            do throws(InstanceLock.Failure) {
                try InstanceLock.rename(lock, to: pid)
            } catch {
                log.warning("the lock goes on naming another process: \(error)")
            }
            return true
        }
        if isRenamed != true { log.warning("the pid file may go on naming another process") }
    }

    /// Removes the pid file if it still names the process; its disk may hang.
    func removePidFile(_ pid: Int32) {
        guard let pidfile else { return }
        let file = PidFile(path: pidfile, pid: pid)
        _ = try? Patience(limit: .seconds(1)).call("pidfile") { file.remove() }
    }
}
