// SPDX-License-Identifier: Apache-2.0

import Supervision

/// From the kernel to the fleet: exits, execs and groups that are empty.
extension Simulation {
    mutating func tellHappenings() throws(Violation) {
        oracle.stage = .happenings
        var sights = kernel.look()
        for case .executed(let run) in sights {
            oracle.executed(run, at: now)
        }
        // Readiness comes in any order.
        if sights.count > 1, dice.chance(500) {
            for last in stride(from: sights.count - 1, to: 0, by: -1) {
                sights.swapAt(last, dice.below(last + 1))
            }
        }
        try makeMistakes(&sights)
        pending += sights
        try tellPending()
    }

    /// Tells what is left to tell; the next manager may take over in between.
    mutating func tellPending() throws(Violation) {
        while !pending.isEmpty {
            switch pending.removeFirst() {
            case .executed(let run): try tellExecuted(run)
            case .exited(let run): try tellExited(run)
            case .groupEmptied(let run): try tellEmptied(run)
            case .strangerDied(let pid): try mistake(pid)
            }
        }
    }

    private mutating func tellExecuted(_ run: RunID) throws(Violation) {
        // A report that comes after the exit of its run is of no use to anybody.
        guard let slot = oracle.slot(run.member), oracle.watches[slot].run == run,
            oracle.watches[slot].hasLeader, bug != .executedTooSoon
        else { return }
        // The next manager looks for itself whether it has executed.
        guard run.serial >= firstOwnSerial || awaitsExec(run.member) else { return }
        oracle.tellsExec(of: run.member)
        fleet.handle(.executed, for: run.member, at: now)
        try drain()
    }

    /// Reaps one process and tells of it before the next is reaped: its pid is free from then on.
    private mutating func tellExited(_ run: RunID) throws(Violation) {
        if isMortal { return try tellUntilAcknowledged(run) }
        guard let status = kernel.reap(run) else {
            throw Violation("\(run) was to be reaped and was not there")
        }
        exitsTold += 1
        oracle.ended(run.member, status)
        let watch = try oracle.watch(run.member)
        if bug == .exitLost, watch.state == .stopping, exitsTold % 4 == 0 { return }
        var told = status
        if bug == .signalIsSuccess, case .signal = status { told = .code(0) }
        fleet.handle(.exited(told), for: run.member, at: now)
        try drain()
        guard bug == .exitTwice, exitsTold % 4 == 0 else { return }
        fleet.handle(.exited(told), for: run.member, at: now)
        try drain()
    }

    private mutating func tellEmptied(_ run: RunID) throws(Violation) {
        guard let slot = oracle.slot(run.member), oracle.watches[slot].run == run,
            oracle.watches[slot].isEmptying
        else { return }
        fleet.handle(.groupEmptied, for: run.member, at: now)
        try drain()
    }

    /// Planted bugs in the way exits are collected.
    private mutating func makeMistakes(_ sights: inout [VirtualKernel.Sight]) throws(Violation) {
        let isExit = { (sight: VirtualKernel.Sight) in
            if case .exited = sight { true } else { false }
        }
        if bug == .deadlinesBetweenExits, let first = sights.firstIndex(where: isExit) {
            for sight in sights[(first + 1)...] { kernel.overlook(sight) }
            sights.removeSubrange((first + 1)...)
        }
        guard bug == .reapedInOneGo else { return }
        var reaped: [(pid: PID, status: ExitStatus)] = []
        for case .exited(let run) in sights {
            let pid = try oracle.watch(run.member).pid
            guard let status = kernel.reap(run) else { continue }
            reaped.append((pid, status))
            oracle.ended(run.member, status)
        }
        sights.removeAll(where: isExit)
        for child in reaped {
            guard let id = lastPIDs.removeValue(forKey: child.pid) else { continue }
            fleet.handle(.exited(child.status), for: id, at: now)
            try drain()
        }
    }

    /// A careless daemon looks a pid up in a table that it has not kept clean.
    private mutating func mistake(_ pid: PID) throws(Violation) {
        guard bug == .pidReused, let id = lastPIDs[pid], fleet[id] != nil else { return }
        fleet.handle(.exited(.code(0)), for: id, at: now)
        try drain()
    }
}
