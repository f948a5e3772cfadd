// SPDX-License-Identifier: Apache-2.0

import Configuration
import Platform
import Supervision

/// What ended runs have left, for a manager that follows the one that saw them end.
///
/// Where they have cgroups those tell. What is known by its mark alone is looked for once, if the
/// guardian has children that are no programs.
extension Daemon {
    /// Has those found whom the manager before this one knew.
    func seekLeftovers() {
        guard guardian.starts > 1, groups.means != .group,
            let found = ProcessChildren.of(guardian.mainPID),
            found.contains(where: { members[$0] == nil && $0 != ThisProcess.pid })
        else { return }
        let core = core
        treeThread()?.seek(tag: groups.tag) { core.post(.marks($0)) }
    }

    /// Takes up the runs of these marks that have ended.
    func takeUp(_ marks: Set<String>) {
        var runs: [ProcessName: [Int]] = [:]
        for run in marks.compactMap(RunGroups.run(of:)) {
            runs[run.name, default: []].append(run.number)
        }
        for member in fleet.allMembers {
            for number in runs[member.name, default: []].sorted() where hasEnded(number, of: member)
            {
                let mark = groups.mark(member.name, number)
                leave(
                    RunGroups.Group(
                        number: number,
                        mark: mark,
                        leader: 0,
                        residence: .proc(seen: nil)
                    ),
                    behind: member.id
                )
            }
        }
    }

    /// Whether a run is over, and is not among the leftovers yet or left alone.
    private func hasEnded(_ number: Int, of member: FleetMember) -> Bool {
        let last = member.history.runs
        guard number < last || number == last && member.machine.unsettledRun == nil else {
            return false
        }
        let known = groups.leftovers[member.id, default: []]
        return !known.contains { $0.number == number }
            && groups.current[member.id]?.number != number
            && orphans[member.name]?.run != number
    }
}
