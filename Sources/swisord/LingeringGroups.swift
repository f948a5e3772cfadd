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

    private var groups: [MemberID: PID] = [:]

    /// Whether the group and the rest are empty now; if not, they are looked at again later.
    ///
    /// - Parameters:
    ///   - group: The pid of the leader, who has ended.
    ///   - id: Whose it is.
    ///   - isAbandoned: Whether zombies in it, the leader above all, are others' to collect, who
    ///     may take their time: they do not count.
    ///   - rest: Judges what has left the group.
    /// - Returns: Whether nobody is left in it.
    mutating func isEmpty(
        _ group: PID,
        of id: MemberID,
        isAbandoned: Bool,
        _ rest: Rest
    ) -> Bool {
        let isEmpty =
            ProcessSignals.groupIsEmpty(group)
            || isAbandoned && ProcessSignals.groupHasOnlyZombies(group)
        if isEmpty, rest(id, group) {
            groups[id] = nil
            return true
        }
        groups[id] = group
        return false
    }

    /// The members whose runs have become empty since.
    mutating func takeEmptied(_ rest: Rest) -> [MemberID] {
        guard !groups.isEmpty else { return [] }
        let emptied = groups.filter {
            ProcessSignals.groupIsEmpty($0.value) && rest($0.key, $0.value)
        }.map(\.key)
        for id in emptied { groups[id] = nil }
        return emptied
    }

    /// The members whose groups had the number that a new process has got: they are empty.
    ///
    /// No pid is given out that still names a group. An acknowledged leader is reaped at any time
    /// after that, so nobody may have looked since; what is looked at now is another's group.
    mutating func takeReplaced(by pid: PID) -> [MemberID] {
        guard !groups.isEmpty else { return [] }
        let replaced = groups.filter { $0.value == pid }.map(\.key)
        for id in replaced { groups[id] = nil }
        return replaced
    }

    /// After SIGKILL: whether only zombies are left, whose parents may never collect them.
    mutating func isSpent(_ group: PID, of id: MemberID, _ rest: Rest) -> Bool {
        guard groups[id] != nil, ProcessSignals.groupHasOnlyZombies(group), rest(id, group)
        else { return false }
        groups[id] = nil
        return true
    }
}
