// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision

/// What belongs to the runs of all members: the cgroup of each, and the runs that have ended but
/// left processes behind.
///
/// A run is known by its mark, `<name>:<number>:<tag>`, which stands in the environment of its
/// processes. The tag is that of this daemon and this boot, the same for every manager of it.
final class RunGroups {
    /// A run that begins.
    struct Birth {
        let number: Int
        let mark: String
        let cgroup: Cgroup?
    }

    /// A run that has begun.
    struct Group {
        let number: Int
        let mark: String
        let leader: PID
        let cgroup: Cgroup?
        /// Without a cgroup: what the last look found; nil before the first.
        var seen: [ProcessStat]?
        /// A look or a sweep is under way.
        var isLookedAt = false

        /// Those of the last look that still live.
        var survivors: [ProcessStat] {
            (seen ?? []).filter { process in
                let now = ProcessStat.read(process.pid)
                return now?.startTicks == process.startTicks && now?.hasEnded == false
            }
        }

        /// How many processes are in it, as far as is known.
        var count: Int { cgroup?.pids.count ?? survivors.count }
    }

    /// Whether runs are followed beyond their process groups (SWISORD_TREES=cgroup or proc).
    ///
    /// Not by default yet: hundreds of stops at a time are slow to find out that nothing is left.
    let isActive: Bool
    let home: CgroupHome?
    /// Why there are no cgroups; nil when there are.
    let unavailable: String?
    /// Told when a cgroup empties; made when the first is not empty at once, because a user may have
    /// no more than 128 of them, and many daemons never need one.
    var watch: CgroupWatch?
    private let tag: String
    /// The current run of each member.
    var current: [MemberID: Group] = [:]
    /// Runs that have ended, of which something lives on.
    var leftovers: [MemberID: [Group]] = [:]

    /// - Parameter instance: What is this daemon's alone, and the same after a restart.
    init(instance: String) {
        tag = StableHash.hexadecimal("\(instance)\n\(BootID.current().text)")
        let means = getenv("SWISORD_TREES").map { String(cString: $0) }
        isActive = means == "cgroup" || means == "proc"
        do throws(CgroupUnavailable) {
            guard means == "cgroup" else { throw CgroupUnavailable(reason: "not asked for") }
            home = try CgroupHome(tag: tag)
            unavailable = nil
        } catch {
            home = nil
            unavailable = error.reason
        }
    }

    func mark(_ name: ProcessName, _ number: Int) -> String {
        "\(name.group):\(name.process):\(number):\(tag)"
    }

    /// Makes the fresh cgroup of a run, if there can be one.
    func begin(_ name: ProcessName, _ number: Int) -> Birth {
        let file = CgroupHome.name(group: name.group, process: name.process, run: number)
        return Birth(
            number: number,
            mark: mark(name, number),
            cgroup: Spawner.cgroupRefusal == nil ? try? home?.make(file) : nil
        )
    }

    /// The run of a birth has begun.
    func began(_ birth: Birth, of id: MemberID, as pid: PID, isInCgroup: Bool) {
        if !isInCgroup { birth.cgroup?.remove() }
        current[id] = Group(
            number: birth.number,
            mark: birth.mark,
            leader: pid,
            cgroup: isInCgroup ? birth.cgroup : nil
        )
    }

    /// Takes up a run that an earlier manager began.
    func adopt(_ name: ProcessName, _ number: Int, of id: MemberID, as pid: PID) {
        let file = CgroupHome.name(group: name.group, process: name.process, run: number)
        current[id] = Group(
            number: number,
            mark: mark(name, number),
            leader: pid,
            cgroup: home?.find(file, of: pid)
        )
    }

    /// Changes the run of that number, current or left over.
    func update(_ id: MemberID, _ number: Int, _ change: (inout Group) -> Void) {
        if current[id]?.number == number, var group = current[id] {
            change(&group)
            current[id] = group
        }
        for index in leftovers[id, default: []].indices
        where leftovers[id]?[index].number == number {
            guard var group = leftovers[id]?[index] else { continue }
            change(&group)
            leftovers[id]?[index] = group
        }
    }

    /// Forgets the ended runs of which nothing is left.
    func dropSpent() {
        for (id, groups) in leftovers {
            let left = groups.filter { group in
                if let cgroup = group.cgroup {
                    if cgroup.isPopulated { return true }
                    cgroup.remove()
                    return false
                }
                return group.seen?.isEmpty != true
            }
            leftovers[id] = left.isEmpty ? nil : left
        }
    }

    /// How many processes ended runs of a member have left behind.
    func leftoverCount(_ id: MemberID) -> Int {
        leftovers[id, default: []].reduce(0) { $0 + $1.count }
    }

    /// Removes what is empty when the daemon ends.
    func leave() { home?.leave() }
}
