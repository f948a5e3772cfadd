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
        if let reason = groups.unavailable {
            let level: Logger.Level = groups.means == .cgroup ? .warning : .info
            log.log(
                level: level,
                "no cgroups for programs: \(reason); what leaves them is sought in /proc"
            )
        }
        groups.keep(in: store)
        if guardian.starts == 1 { groups.removeAbandoned() }
        var found = groups.cgroups
        for (name, orphan) in orphans { found[groups.file(name, orphan.run)] = nil }
        guard !found.isEmpty else { return }
        for member in fleet.allMembers {
            let run = groups.file(member.name, member.history.runs)
            guard let variants = found[run], let leader = member.machine.unsettledRun?.pid
            else { continue }
            if groups.current[member.id]?.cgroup == nil {
                let certain = variants.count == 1 ? variants.first?.group : nil
                groups.adopt(
                    member.name,
                    member.history.runs,
                    of: member.id,
                    as: leader,
                    certain,
                    outlived: outlived(member.id)
                )
            }
            let current = groups.current[member.id]?.cgroup
            found[run] = variants.filter { $0.group != current }
        }
        for (run, variants) in found {
            for (_, cgroup) in variants where !cgroup.remove() { takeUp(cgroup, run) }
        }
    }

    /// Takes up what a run left that this manager has not begun.
    private func takeUp(_ cgroup: Cgroup, _ run: String) {
        guard let dot = run.lastIndex(of: "."), let number = Int(run[run.index(after: dot)...]),
            let member = fleet.allMembers.first(where: { groups.file($0.name, number) == run })
        else { return }
        leave(
            RunGroups.Group(
                number: number,
                mark: groups.mark(member.name, number),
                leader: 0,
                residence: .cgroup(cgroup)
            ),
            behind: member.id
        )
    }

    // MARK: - A run

    /// Prepares what the next run of a member is known by.
    func birth(of id: MemberID) -> RunGroups.Birth? {
        guard let member = fleet[id] else { return nil }
        return groups.birth(member.name, member.history.runs + 1)
    }

    /// The group of a member's run; one that an earlier manager began is found.
    @discardableResult
    func group(of id: MemberID, leader: PID) -> RunGroups.Group? {
        if let group = groups.current[id], group.leader == leader { return group }
        guard let member = fleet[id] else { return nil }
        let outlived = outlived(id)
        groups.adopt(member.name, member.history.runs, of: id, as: leader, outlived: outlived)
        return groups.current[id]
    }

    /// The leader of a run has ended, and its exit has not been told to the fleet yet.
    func leaderHasGone(_ id: MemberID, hasExecuted: Bool) {
        switch fleet[id]?.machine.phase {
        case .starting(let run, _, _), .running(let run, _):
            group(of: id, leader: run.pid)
            if hasExecuted { retire(id) } else { groups.drop(id) }
        case .stopping(let run, _, _), .killing(let run, _, _):
            group(of: id, leader: run.pid)
        case .stopped, .spawning, .backoff, .emptying, .exited, .fatal, nil: break
        }
    }

    /// Has done with a run: what is left of it are leftovers.
    func retire(_ id: MemberID) {
        unfollow(id)
        guard let group = groups.current.removeValue(forKey: id), !group.isSpent,
            group.outlived?.isGroupOnly != true
        else { return }
        if case .proc(seen: nil) = group.residence, !mayHaveOrphans(id, group.leader) { return }
        leave(group, behind: id)
    }

    func leave(_ group: RunGroups.Group, behind id: MemberID) {
        if let cgroup = group.cgroup {
            // Watched first, looked at again after.
            watch(cgroup)
            if cgroup.remove() { return }
        }
        groups.leftovers[id, default: []].append(group)
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

    /// Before a start: what is left of the last run must be gone, where that is asked for.
    ///
    /// - Throws: `SpawnFailure` as long as it is not; `releaseStarts` follows, or another attempt.
    func makeRoom(for id: MemberID) throws(SpawnFailure) {
        retire(id)
        let isSecond = groups.waiting.remove(id) != nil
        guard children[id]?.configuration.leftovers == .stop, groups.leftovers[id] != nil
        else { return }
        groups.dropSpent()
        guard let left = groups.leftovers[id] else { return }
        if isSecond { for group in left { kill(group, of: id) } }
        groups.waiting.insert(id)
        throw SpawnFailure.leftovers(groups.leftoverCount(id))
    }

    /// Lets those start who waited for what was left of their last run.
    private func releaseStarts() {
        guard !groups.waiting.isEmpty else { return }
        groups.dropSpent()
        for id in groups.waiting where groups.leftovers[id] == nil {
            groups.waiting.remove(id)
            fleet.handle(.leftoversGone, for: id, at: now)
            runEffects()
        }
    }

    // MARK: - The end of a stop

    /// Whether nothing is left of a run but its process group, which has been looked at.
    ///
    /// If not, or if it must be found out first, there will be another moment to ask. What has left
    /// the group gets the stop signal now: the leader has had its chance to see to its own.
    func isTreeEmpty(_ id: MemberID, leader: PID) -> Bool {
        guard let group = group(of: id, leader: leader) else { return true }
        var isEmpty = group.isSpent
        if !isEmpty {
            switch group.residence {
            case .cgroup(let cgroup):
                // Watched first, looked at again after.
                watch(cgroup)
                isEmpty = cgroup.remove()
            case .proc(seen: nil): isEmpty = !mayHaveOrphans(id, leader)
            case .proc, .nowhere: break
            }
        }
        if isEmpty {
            groups.current[id]?.residence = .nowhere
            return true
        }
        if group.cgroup == nil, group.survivors.isEmpty { look(for: group, of: id) }
        if group.outlived != nil { follow(group, id) }
        askRest(of: group, id)
        return false
    }

    /// Whether the guardian, or this process without one, has adopted all orphans since the start.
    private var adoptsAll: Bool {
        switch guardian.state {
        case .watching: Subreaper.isPossible
        case .off: Subreaper.isEnabled
        case .gone: false
        }
    }

    /// Sends the stop signal to what has left the process group, once.
    private func askRest(of group: RunGroups.Group, _ id: MemberID) {
        guard !group.isAsked, let machine = fleet[id]?.machine, machine.policy.stopAsGroup,
            case .emptying = machine.phase, !group.hasProcessGroup
        else { return }
        let signals = [machine.policy.stopSignal, .continue]
        if let cgroup = group.cgroup {
            cgroup.send(signals)
        } else {
            let survivors = group.survivors
            guard !survivors.isEmpty else { return }
            for process in survivors { ProcessSweep.send(signals, to: process) }
        }
        groups.current[id]?.isAsked = true
    }

    /// Whether somebody has lost its parents who may belong to a run whose leader has ended.
    ///
    /// Whoever is left of it descends from a child of the subreaper that is no program of ours.
    private func mayHaveOrphans(_ id: MemberID, _ leader: PID) -> Bool {
        guard adoptsAll, children[id]?.isAbandoned != true,
            let found = ProcessChildren.of(guardian.mainPID)
        else { return true }
        var known: [PID: UInt64]?
        return found.contains { pid in
            guard members[pid] == nil, pid != leader, pid != ThisProcess.pid,
                let process = ProcessStat.read(pid), !process.hasEnded
            else { return false }
            known = known ?? groups.knownSurvivors
            return known?[pid] != process.startTicks
        }
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

    func look(for group: RunGroups.Group, of id: MemberID) {
        guard !group.isLookedAt else { return }
        guard let thread = treeThread() else {
            // Nobody can look: what is not in the process group is out of reach.
            groups.update(id, group.number) { $0.residence = .nowhere }
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
                cgroup: group.cgroup?.path,
                outlived: group.outlived
            ),
            isOver: isOver
        )
    }

    /// The thread that reads /proc, started when it is first needed.
    func treeThread() -> TreeThread? {
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
            if case .proc = group.residence { group.residence = .proc(seen: news.found) }
        }
        let isLeft = groups.leftovers[news.id, default: []].contains { $0.number == news.number }
        if handleLeftAlone(news.id, news.found.map(\.pid)) {
            // Told by itself.
        } else if isLeft, !news.found.isEmpty {
            let name = fleet[news.id]?.name.description ?? "?"
            log.warning("\(name) has left processes behind: \(news.found.count)")
        }
        groups.dropSpent()
        tellEmptied()
    }

    /// Ends the stops that waited for their run to be empty, if it is.
    ///
    /// - Parameter group: The process group of which a process has just been collected; nil when
    ///   that is not known, or was not what happened.
    func tellEmptied(after group: PID? = nil) {
        for id in lingering.takeEmptied(after: group, { isTreeEmpty($0, leader: $1) }) {
            fleet.handle(.groupEmptied, for: id, at: now)
            runEffects()
        }
        releaseStarts()
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
