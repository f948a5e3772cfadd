// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform
import Supervision

/// What somebody should look after, though programs run.
extension Daemon {
    /// Sentences for people, the worst first; none when all is well.
    var alarms: [String] {
        var alarms: [String] = []
        switch guardian.state {
        case .watching, .off: break
        case .gone:
            alarms.append(
                "the guardian has died: programs run on, and a crash of swisord would be final; "
                    + "start swisord again when it suits, it takes them back"
            )
        }
        if recentCrashes > 1 {
            let last = guardian.lastCrash.map { ", last \($0)" } ?? ""
            alarms.append("swisord has crashed \(recentCrashes) times within a minute\(last)")
        }
        alarms += outlets.alarms(at: now)
        for pool in pools.all where pool.counts.dropped > 0 {
            alarms.append(
                "the listeners of \(pool.name) have missed \(pool.counts.dropped) events"
            )
        }
        if let trouble = store.trouble { alarms.append(trouble) }
        if let trouble = ledger.trouble { alarms.append("requests cannot be recorded: \(trouble)") }
        return alarms
    }

    /// Crashes within the last minute: who has lived longer than that has seen none.
    var recentCrashes: Int { WallClock.now() - startedAt < 60 ? guardian.recentCrashes : 0 }
}

extension GuardianStatus {
    var info: DaemonInfo.Guardian {
        switch state {
        case .watching: DaemonInfo.Guardian(state: .watching, pid: Int(mainPID))
        case .gone: DaemonInfo.Guardian(state: .gone)
        case .off: DaemonInfo.Guardian(state: .off)
        }
    }
}
