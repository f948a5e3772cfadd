// SPDX-License-Identifier: Apache-2.0

import Logging
import Platform
import Supervision

/// The signals that the daemon acts on; every other one is harmless.
extension Daemon {
    func handle(_ signal: Signal) {
        switch signal {
        case .terminate, .interrupt, .quit:
            log.warning("received \(signal) indicating exit request")
            if isRepeatedByGuardian { break }
            beginShutdown()
        case .hangup:
            // Told only when it is kept for the next manager as well.
            read(for: .signal)
            log.warning("received SIGHUP indicating reload request")
        case .user2:
            log.info("received SIGUSR2 indicating log reopen request")
            outlets.reopen {}
        default: log.debug("received \(signal), which means nothing to swisord")
        }
    }

    /// Whether the guardian only says again what the manager before this one has heard.
    ///
    /// It does so at once when this one listens. Taken for a second wish it would mean SIGKILL.
    private var isRepeatedByGuardian: Bool {
        guard let resumed = shutdownResumedAt else { return false }
        shutdownResumedAt = nil
        return now.duration(since: resumed) < .seconds(1)
    }

    /// Begins to stop everything; when that is under way already, kills what is left at once.
    func beginShutdown() {
        if !fleet.isShuttingDown { announce(.daemonIsStopping) }
        fleet.shutDown(at: now)
        runEffects()
    }
}
