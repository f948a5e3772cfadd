// SPDX-License-Identifier: Apache-2.0

import Logging
import Platform

/// Reloads that a signal has asked for: whoever sent it gets no answer and would not ask again, so
/// they outlive a manager that dies before it has read the file.
extension Daemon {
    /// So many managers try, in case it is the file that they die of.
    private static let mostAttempts: UInt8 = 5

    /// Has a reload outlive this manager.
    func keepReloadWish() {
        guard case .guardian = exits else { return }
        reloadAttempts += 1
        do throws(SystemError) {
            let file = try MemoryFile.make("swisord-reload", [reloadAttempts])
            store.keep(file, as: .reloadWish)
        } catch {
            log.error("a manager that follows this one will not reload: \(error)")
        }
    }

    /// Nobody waits for a reload any more.
    func dropReloadWish() {
        guard reloadAttempts > 0 else { return }
        reloadAttempts = 0
        store.drop(.reloadWish)
    }

    /// Reloads if the manager before this one was to and did not come to it.
    ///
    /// - Parameter attempts: How many managers were to; nil for none.
    func resumeReload(after attempts: UInt8?) {
        guard let attempts else { return }
        reloadAttempts = attempts
        guard attempts < Self.mostAttempts else {
            log.error("a reload is given up: \(attempts) managers in turn have died during it")
            dropReloadWish()
            return
        }
        read(for: .signal)
    }
}
