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
            beginShutdown()
        case .hangup:
            log.warning("received SIGHUP indicating reload request")
            read(for: .signal)
        case .user2:
            log.info("received SIGUSR2 indicating log reopen request")
            outlets.reopen()
        default: log.debug("received \(signal), which means nothing to swisord")
        }
    }

    /// Begins to stop everything; when that is under way already, kills what is left at once.
    func beginShutdown() {
        fleet.shutDown(at: now)
        runEffects()
    }
}
