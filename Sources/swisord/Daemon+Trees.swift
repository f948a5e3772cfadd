// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logging
import Platform
import Supervision

/// What programs leave behind: seen to at every stop, and at every exit as configured.
extension Daemon {
    /// Finds the groups of the runs that an earlier manager began, and what earlier ones left.
    func takeUpTrees() {
        guard groups.isActive else { return }
        if let reason = groups.unavailable {
            log.info("no cgroups for programs: \(reason); what leaves them is sought in /proc")
        }
        for member in fleet.resolve([ProcessSelector("all")]).members {
            if let run = member.machine.liveRun { group(of: member.id, leader: run.pid) }
        }
        guard let home = groups.home else { return }
        let current = Set(groups.current.values.compactMap { $0.cgroup?.path })
        for name in home.names where !current.contains("\(home.path)/\(name)") {
            guard let group = try? Cgroup(path: "\(home.path)/\(name)") else { continue }
            if !group.isPopulated || !takeUp(group, name) { group.remove() }
        }
    }

    /// Takes up what a run left that this manager has not begun.
    private func takeUp(_ cgroup: Cgroup, _ name: String) -> Bool {
        guard let dot = name.lastIndex(of: "."),
            let number = Int(name[name.index(after: dot)...].prefix { $0 != "+" })
        else { return false }
        let plain = String(name[..<dot])
        let member = fleet.resolve([ProcessSelector("all")]).members.first {
            CgroupHome.plain(group: $0.name.group, process: $0.name.process) == plain
        }
        guard let member else { return false }
        leave(
            RunGroups.Group(
                number: number,
                mark: groups.mark(member.name, number),
                leader: 0,
                cgroup: cgroup
            ),
            behind: member.id
        )
        return true
    }

    // MARK: - A run

    /// Prepares what the next run of a member is known by.
    func birth(of id: MemberID) -> RunGroups.Birth? {
        guard groups.isActive, let member = fleet[id] else { return nil }
        retire(id)
        return groups.begin(member.name, member.history.runs + 1)
    }

    /// The group of a member's run; one that an earlier manager began is found.
    @discardableResult
    private func group(of id: MemberID, leader: PID) -> RunGroups.Group? {
        if let group = groups.current[id], group.leader == leader { return group }
        guard groups.isActive, let member = fleet[id] else { return nil }
        groups.adopt(member.name, member.history.runs, of: id, as: leader)
        return groups.current[id]
    }

    /// The leader of a run has ended, and its exit has not been told to the fleet yet.
    func leaderHasGone(_ id: MemberID, hasExecuted: Bool) {
        switch fleet[id]?.machine.phase {
        case .starting(let run, _, _), .running(let run, _):
            guard hasExecuted else { return dropGroup(id) }
            group(of: id, leader: run.pid)
            retire(id)
        case .stopping(let run, _, _), .killing(let run, _, _):
            group(of: id, leader: run.pid)
        case .stopped, .spawning, .backoff, .emptying, .exited, .fatal, nil: break
        }
    }

    /// Has done with a run: what is left of it are leftovers.
    func retire(_ id: MemberID) {
        guard let group = groups.current.removeValue(forKey: id) else { return }
        if let cgroup = group.cgroup {
            if cgroup.isPopulated { leave(group, behind: id) } else { cgroup.remove() }
        } else if group.seen?.isEmpty != true {
            leave(group, behind: id)
        }
    }

    private func dropGroup(_ id: MemberID) {
        groups.current.removeValue(forKey: id)?.cgroup?.remove()
    }

    private func leave(_ group: RunGroups.Group, behind id: MemberID) {
        groups.leftovers[id, default: []].append(group)
        if let cgroup = group.cgroup { watch(cgroup) }
        let name = fleet[id]?.name.description ?? "?"
        if children[id]?.configuration.leftovers == .stop {
            if group.cgroup != nil {
                log.warning("killing what \(name) has left behind: \(group.count) processes")
            }
            kill(group, of: id)
        } else if group.cgroup != nil {
            log.warning("\(name) has left processes behind: \(group.count)")
        } else {
            look(for: group, of: id)
        }
    }

    // MARK: - The end of a stop

    /// Whether nothing is left of a run but its process group, which is looked at elsewhere.
    ///
    /// If not, or if it must be found out first, there will be another moment to ask.
    func isTreeEmpty(_ id: MemberID, leader: PID) -> Bool {
        guard let group = group(of: id, leader: leader) else { return true }
        if let cgroup = group.cgroup {
            guard cgroup.isPopulated else { return true }
            // Watched first, looked at again after.
            watch(cgroup)
            return !cgroup.isPopulated
        }
        if group.seen?.isEmpty == true { return true }
        if group.survivors.isEmpty { look(for: group, of: id) }
        return false
    }

    /// Kills everything that belongs to a run, when its time to stop is over.
    func killTree(_ id: MemberID, leader: PID) {
        if let group = group(of: id, leader: leader) { kill(group, of: id) }
    }

    private func kill(_ group: RunGroups.Group, of id: MemberID) {
        if let cgroup = group.cgroup {
            cgroup.kill()
        } else {
            groups.update(id, group.number) { $0.isLookedAt = true }
            treeThread()?.kill(query(group, of: id))
        }
    }

    private func look(for group: RunGroups.Group, of id: MemberID) {
        guard !group.isLookedAt else { return }
        guard let thread = treeThread() else {
            // Nobody can look: what is not in the process group is out of reach.
            groups.update(id, group.number) { $0.seen = [] }
            return
        }
        groups.update(id, group.number) { $0.isLookedAt = true }
        thread.look(query(group, of: id))
    }

    private func query(
        _ group: RunGroups.Group,
        of id: MemberID,
        isOver: Bool = false
    ) -> TreeThread.Query {
        let live = fleet[id]?.machine.liveRun?.pid
        return TreeThread.Query(
            id: id,
            number: group.number,
            run: ProcessTree.Run(
                mark: group.mark,
                leader: group.leader,
                isLeaderAlive: live == group.leader && members[group.leader] == id,
                cgroup: group.cgroup?.path
            ),
            isOver: isOver
        )
    }

    /// The thread that reads /proc, started when it is first needed.
    private func treeThread() -> TreeThread? {
        if let trees { return trees }
        let core = core
        let parents = Set([ThisProcess.pid, ThisProcess.parent].filter { $0 > 1 })
        do throws(SystemError) {
            trees = try TreeThread(adopters: parents) { core.post(.trees($0)) }
        } catch {
            log.error("cannot look for the processes of programs: \(error)")
        }
        return trees
    }

    // MARK: - News

    /// Has it told when a cgroup empties.
    ///
    /// Where the system has no inotify left, every exit and the end of stopwaitsecs are the moments
    /// to look again.
    private func watch(_ cgroup: Cgroup) {
        if groups.watch == nil, let made = try? CgroupWatch() {
            try? reactor.add(made.descriptor, token: Source.cgroups.rawValue)
            groups.watch = made
        }
        try? groups.watch?.add(cgroup)
    }

    /// A cgroup has changed.
    func cgroupsHaveChanged() {
        groups.watch?.drain()
        groups.dropSpent()
        tellEmptied()
    }

    func handle(_ news: TreeThread.News) {
        groups.update(news.id, news.number) { group in
            group.isLookedAt = false
            group.seen = news.found
        }
        let isLeft = groups.leftovers[news.id, default: []].contains { $0.number == news.number }
        if isLeft, !news.found.isEmpty {
            let name = fleet[news.id]?.name.description ?? "?"
            log.warning("\(name) has left processes behind: \(news.found.count)")
        }
        groups.dropSpent()
        tellEmptied()
    }

    /// Ends the stops that waited for their run to be empty, if it is.
    func tellEmptied() {
        for id in lingering.takeEmptied({ isTreeEmpty($0, leader: $1) }) {
            fleet.handle(.groupEmptied, for: id, at: now)
            runEffects()
        }
    }

    // MARK: - Answers

    /// Answers with what lives under the programs that are listed.
    func listTrees(
        _ selection: Selection,
        _ list: ProgramList,
        _ reply: @escaping PendingReplies.Reply
    ) {
        guard let thread = treeThread() else {
            reply(.failure(APIError(.failed, "there is no thread to read /proc with")))
            return
        }
        var queries: [TreeThread.Query] = []
        for member in fleet.resolve(selection.selectors).members {
            let id = member.id
            let leader = member.machine.liveRun?.pid ?? groups.current[id]?.leader
            if let leader, let group = group(of: id, leader: leader) {
                queries.append(query(group, of: id))
            }
            for group in groups.leftovers[id, default: []] {
                queries.append(query(group, of: id, isOver: true))
            }
        }
        thread.list(queries, list, reply: reply)
    }
}
