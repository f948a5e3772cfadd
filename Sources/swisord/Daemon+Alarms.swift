// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logging
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
                    + "\(startAnew("start swisord again when it suits"))"
            )
        }
        if recentCrashes > 1 {
            let last = guardian.lastCrash.map { ", last \($0)" } ?? ""
            alarms.append("swisord has crashed \(recentCrashes) times within a minute\(last)")
        }
        if case .guardian(let link) = exits, link.refused > 0 {
            alarms.append(Self.refusal(of: link.refused))
        }
        alarms += outlets.alarms(at: now)
        for pool in pools.all where pool.counts.dropped > 0 {
            alarms.append(
                "the listeners of \(pool.name) have missed \(pool.counts.dropped) events"
            )
        }
        if let networkTrouble { alarms.append(networkTrouble) }
        if let trouble = store.trouble { alarms.append(trouble) }
        if let trouble = ledger.trouble { alarms.append("requests cannot be recorded: \(trouble)") }
        return alarms
    }

    /// Says once, and again when there are more, that the guardian cannot keep what it was given.
    func tellRefusals(_ link: GuardianLink) {
        guard link.refused > toldRefusals else { return }
        toldRefusals = link.refused
        log.error("\(Self.refusal(of: link.refused))")
    }

    /// How another swisord takes the place of this one, which no guardian watches over.
    ///
    /// - Parameter what: what else is to be done, as in `start the new one`.
    /// - Returns: A sentence for people.
    func startAnew(_ what: String) -> String {
        switch loaded.configuration.daemon.orphans {
        case .adopt: "'kill -9 \(ThisProcess.pid)' and \(what): it takes the programs back"
        case .stop, .leave: "stop swisord and \(what)"
        }
    }

    private static func refusal(of count: Int) -> String {
        "the guardian may have no more files open and could not keep \(count): after a crash of "
            + "swisord what some programs say would be lost; raise the limit of open files"
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
