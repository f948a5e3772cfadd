// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// Runs whose leader has gone while others of them live on.
///
/// Nothing in the kernel tells when a process group is empty. But its last member, orphaned,
/// becomes a child of the daemon (a subreaper), so each exit that is collected is the moment to
/// look again. The rest of a run, which has left the group, is judged by the caller.
struct LingeringGroups {
    /// Whether the rest of a member's run, whose leader is given, is gone.
    typealias Rest = (MemberID, PID) -> Bool

    private struct Group {
        let leader: PID
        /// Whether the group is empty for good, or nobody knows whose its number is by now: only
        /// the rest is waited for.
        var isGone = false

        var isEmpty: Bool { isGone || ProcessSignals.groupIsEmpty(leader) }
    }

    private var groups: [MemberID: Group] = [:]
    /// By their leaders those that may have somebody in them: no pid is given out that still names
    /// a group.
    private var members: [PID: MemberID] = [:]

    /// Whether there are any.
    var isNone: Bool { groups.isEmpty }

    /// Whether the group and the rest are empty now; if not, they are looked at again later.
    ///
    /// - Parameters:
    ///   - group: The pid of the leader, who has ended.
    ///   - id: Whose it is.
    ///   - hasOutlived: Whether it has outlived its guardian: the leader's number may be another's
    ///     by now, and all that is left is the rest.
    ///   - rest: Judges what has left the group.
    /// - Returns: Whether nobody is left in it.
    mutating func isEmpty(
        _ group: PID,
        of id: MemberID,
        hasOutlived: Bool,
        _ rest: Rest
    ) -> Bool {
        if hasOutlived || ProcessSignals.groupIsEmpty(group), rest(id, group) {
            forget(id)
            return true
        }
        forget(id)
        groups[id] = Group(leader: group, isGone: hasOutlived)
        if !hasOutlived { members[group] = id }
        return false
    }

    /// Whether the number of a member's group may be another's by now.
    func isGone(_ id: MemberID) -> Bool { groups[id]?.isGone == true }

    /// The members whose runs have become empty since.
    ///
    /// - Parameters:
    ///   - group: The group of a process that was collected: if it is one of these, no other can
    ///     have become empty by that. A thousand that stop at once are not all looked at each time.
    ///   - rest: See `isEmpty`.
    /// - Returns: Those whose groups and rest are empty.
    mutating func takeEmptied(after group: PID?, _ rest: Rest) -> [MemberID] {
        guard !groups.isEmpty else { return [] }
        let asked = group.flatMap { members[$0] }.map { [$0] } ?? Array(groups.keys)
        let emptied = asked.filter { id in
            guard let group = groups[id] else { return false }
            return group.isEmpty && rest(id, group.leader)
        }
        emptied.forEach { forget($0) }
        return emptied
    }

    /// The member whose group had the number that a new process has got, if nothing is left of it.
    ///
    /// No pid is given out that still names a group. An acknowledged leader is reaped at any time
    /// after that, so nobody may have looked since; what is looked at now is another's group.
    mutating func takeReplaced(by pid: PID, _ rest: Rest) -> MemberID? {
        guard let id = members.removeValue(forKey: pid) else { return nil }
        guard rest(id, pid) else {
            groups[id]?.isGone = true
            return nil
        }
        groups[id] = nil
        return id
    }

    /// After SIGKILL: whether only zombies are left, whose parents may never collect them.
    mutating func isSpent(_ group: PID, of id: MemberID, _ rest: Rest) -> Bool {
        guard let lingering = groups[id],
            lingering.isGone || ProcessSignals.groupHasOnlyZombies(group), rest(id, group)
        else { return false }
        forget(id)
        return true
    }

    private mutating func forget(_ id: MemberID) {
        guard let group = groups.removeValue(forKey: id) else { return }
        if !group.isGone { members[group.leader] = nil }
    }
}
