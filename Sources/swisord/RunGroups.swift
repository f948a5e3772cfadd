// SPDX-License-Identifier: Apache-2.0

import Configuration
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
        let name: ProcessName
        let number: Int
        let mark: String
    }

    /// By what the processes of a run are known.
    enum Residence {
        /// By their cgroup.
        case cgroup(Cgroup)
        /// By what /proc tells: what the last look found; nil before the first.
        case proc(seen: [ProcessStat]?)
        /// By their process group alone, or not at all: nothing else is left of it.
        case nowhere
    }

    /// A run that has begun.
    struct Group {
        let number: Int
        let mark: String
        let leader: PID
        var residence: Residence
        /// A look or a sweep is under way.
        var isLookedAt = false
        /// What has left the process group has been sent the stop signal.
        var isAsked = false
        /// Set when it has outlived its guardian: then nothing is known of it but by looking.
        var outlived: ProcessTree.Outlived?

        var cgroup: Cgroup? {
            if case .cgroup(let cgroup) = residence { cgroup } else { nil }
        }

        /// Those of the last look that still live.
        var survivors: [ProcessStat] {
            guard case .proc(let seen?) = residence else { return [] }
            return seen.filter { process in
                let now = ProcessStat.read(process.pid)
                return now?.startTicks == process.startTicks && now?.hasEnded == false
            }
        }

        /// Those of it that live, as far as is known; those of the process group first.
        var living: [ProcessStat] {
            let found = cgroup?.pids.compactMap(ProcessStat.read).filter { !$0.hasEnded }
            let all = found ?? survivors
            return all.filter { $0.group == leader } + all.filter { $0.group != leader }
        }

        /// Whether anybody is left in the process group of a run that has outlived its guardian.
        var hasProcessGroup: Bool { outlived != nil && living.first?.group == leader }

        /// How many processes are in it, as far as is known.
        var count: Int { cgroup?.pids.count ?? survivors.count }

        /// Whether nothing is left of it, as far as is known; an empty cgroup is removed.
        var isSpent: Bool {
            switch residence {
            case .cgroup(let cgroup): cgroup.remove()
            case .proc(let seen): seen?.isEmpty == true
            case .nowhere: true
            }
        }
    }

    /// How the processes of runs that begin are to be known.
    let means: ProcessTrees
    private let home: CgroupHome?
    /// Why there are no cgroups; nil when there are, or none are wanted.
    let unavailable: String?
    /// Told when a cgroup empties; made when the first is not empty at once, because a user may have
    /// no more than 128 of them, and most daemons never need one.
    var watch: CgroupWatch?
    /// What is the same in all marks of this daemon.
    let tag: String
    /// The current run of each member.
    var current: [MemberID: Group] = [:]
    /// Runs that have ended, of which something lives on.
    var leftovers: [MemberID: [Group]] = [:]
    /// Members whose start waits until nothing is left of their last run.
    var waiting: Set<MemberID> = []

    /// - Parameters:
    ///   - instance: What is this daemon's alone, and the same after a restart: as long as there are
    ///     records that name runs, their marks are these.
    ///   - means: As configured.
    ///   - kept: The directory of the cgroups, if an earlier manager has left it.
    init(instance: String, _ means: ProcessTrees, kept: consuming OwnedDescriptor?) {
        tag = StableHash.hexadecimal("\(instance)\n\(BootID.current().text)")
        self.means = means
        do throws(CgroupUnavailable) {
            if let kept {
                home = try CgroupHome(owning: kept)
            } else {
                guard means == .auto || means == .cgroup else {
                    throw CgroupUnavailable(reason: "not asked for")
                }
                home = try CgroupHome(tag: tag)
            }
            unavailable = nil
        } catch {
            home = nil
            unavailable = means == .auto || means == .cgroup ? error.reason : nil
        }
    }

    func mark(_ name: ProcessName, _ number: Int) -> String {
        "\(name.group):\(name.process):\(number):\(tag)"
    }

    /// The run that a mark names.
    static func run(of mark: String) -> (name: ProcessName, number: Int)? {
        let parts = mark.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let number = Int(parts[2]) else { return nil }
        return (ProcessName(group: parts[0], process: parts[1]), number)
    }

    /// What the next run of a member is known by; its cgroup is not made yet.
    func birth(_ name: ProcessName, _ number: Int) -> Birth {
        Birth(name: name, number: number, mark: mark(name, number))
    }

    /// Makes the fresh cgroup of a run, if there can be one.
    func makeCgroup(for birth: Birth) -> Cgroup? {
        guard means == .auto || means == .cgroup, Spawner.cgroupRefusal == nil else { return nil }
        return switch home {
        case .some(let home): try? home.make(file(birth.name, birth.number))
        case .none: nil
        }
    }

    /// The name of a run's cgroup.
    func file(_ name: ProcessName, _ number: Int) -> String {
        CgroupHome.name(group: name.group, process: name.process, run: number)
    }

    /// The run of a birth has begun, and if it `isInside`, in its cgroup.
    func began(
        _ birth: Birth,
        of id: MemberID,
        as pid: PID,
        in cgroup: Cgroup?,
        isInside: Bool
    ) {
        if !isInside { cgroup?.remove() }
        current[id] = Group(
            number: birth.number,
            mark: birth.mark,
            leader: pid,
            residence: residence(isInside ? cgroup : nil)
        )
    }

    /// Takes up a run that an earlier manager began.
    ///
    /// - Parameters:
    ///   - name: Whose run it is.
    ///   - number: Which one.
    ///   - id: Whose run it is.
    ///   - pid: Its leader.
    ///   - cgroup: Its cgroup, where that is known for certain; else it is looked for.
    ///   - outlived: Set when it has outlived its guardian.
    func adopt(
        _ name: ProcessName,
        _ number: Int,
        of id: MemberID,
        as pid: PID,
        _ cgroup: Cgroup? = nil,
        outlived: ProcessTree.Outlived? = nil
    ) {
        current[id] = group(name, number, pid, cgroup, outlived)
    }

    /// A run that an earlier manager began.
    func group(
        _ name: ProcessName,
        _ number: Int,
        _ leader: PID,
        _ cgroup: Cgroup? = nil,
        _ outlived: ProcessTree.Outlived?
    ) -> Group {
        Group(
            number: number,
            mark: mark(name, number),
            leader: leader,
            residence: residence(cgroup ?? find(file(name, number), of: leader), outlived),
            outlived: outlived
        )
    }

    /// From now on nothing is known of the current run of a member but by looking.
    func outlive(_ id: MemberID, _ outlived: ProcessTree.Outlived) {
        guard var group = current[id] else { return }
        group.outlived = outlived
        if means == .group { group.residence = residence(nil, outlived) }
        current[id] = group
    }

    private func find(_ file: String, of pid: PID) -> Cgroup? {
        switch home {
        case .some(let home): home.find(file, of: pid)
        case .none: nil
        }
    }

    /// Forgets a run that never became its program.
    func drop(_ id: MemberID) {
        current.removeValue(forKey: id)?.cgroup?.remove()
    }

    /// - Parameters:
    ///   - cgroup: The cgroup of the run.
    ///   - outlived: Set when it has outlived its guardian; then its process group is sought in
    ///     /proc as well, because its number may be another's.
    /// - Returns: By what its processes are known.
    private func residence(
        _ cgroup: Cgroup?,
        _ outlived: ProcessTree.Outlived? = nil
    ) -> Residence {
        if let cgroup { return .cgroup(cgroup) }
        return means == .group && outlived == nil ? .nowhere : .proc(seen: nil)
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
            let left = groups.filter { !$0.isSpent }
            leftovers[id] = left.isEmpty ? nil : left
        }
    }

    /// How many processes ended runs of a member have left behind.
    func leftoverCount(_ id: MemberID) -> Int {
        leftovers[id, default: []].reduce(0) { $0 + $1.count }
    }

    /// Processes that are known to be left of ended runs, without cgroups, and when they were made.
    var knownSurvivors: [PID: UInt64] {
        var known: [PID: UInt64] = [:]
        for group in leftovers.values.joined() {
            guard case .proc(let seen?) = group.residence else { continue }
            for process in seen { known[process.pid] = process.startTicks }
        }
        return known
    }

    // MARK: - The directory

    /// Where the cgroups are, for the guardian to keep; nothing without them.
    func keep(in store: StateStore) {
        switch home {
        case .some(let home): store.keep(home.descriptor, as: .cgroups)
        case .none: break
        }
    }

    /// The groups that are there, by the name of the run that each was made for.
    var cgroups: [String: [(name: String, group: Cgroup)]] {
        switch home {
        case .some(let home):
            Dictionary(
                grouping: home.names.map { ($0, Cgroup(path: "\(home.path)/\($0)")) },
                by: { CgroupHome.run(of: $0.0) }
            )
        case .none: [:]
        }
    }

    /// Removes what killed daemons have left that were not started again.
    func removeAbandoned() {
        switch home {
        case .some(let home): home.removeAbandoned()
        case .none: break
        }
    }

    /// Removes what is empty when the daemon ends.
    func leave() {
        switch home {
        case .some(let home): home.leave()
        case .none: break
        }
    }
}
