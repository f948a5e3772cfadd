// SPDX-License-Identifier: Apache-2.0

extension ProcessTree {
    /// What is known of a run that has outlived its guardian.
    ///
    /// Its orphans were adopted by whoever adopts orphans there, and nobody kept the number of its
    /// leader from being given out again: neither descent nor a number says that a process is one
    /// of them.
    package struct Outlived: Hashable, Sendable {
        /// When its leader was made, in ticks since boot: nothing of the run is older; 0 where that
        /// is not known.
        package let begun: UInt64
        /// When its leader was last seen, in the same ticks: until then its number was its own.
        package let seen: UInt64
        /// Whether nothing but its process group is looked for.
        package let isGroupOnly: Bool

        package init(begun: UInt64, seen: UInt64, isGroupOnly: Bool) {
            self.begun = begun
            self.seen = seen
            self.isGroupOnly = isGroupOnly
        }
    }

    /// The processes of a run that has outlived its guardian, as far as it is certain that they are.
    ///
    /// Whoever has its mark is one of them, and whoever descends from those. A session is the
    /// run's if it has the number of the leader and one of its members has the mark, or was made
    /// when that number was the leader's for certain: nobody joins a session, and no number is
    /// given out as long as one has it. Who has started this daemon, and this daemon with all that
    /// descends from it, are spared, wherever they come from.
    func rest(of run: Run, _ outlived: Outlived, _ adopters: Set<Int32>) -> [Int32] {
        let spared = adopters.union(adopters.flatMap(ancestors)).union([1])
        let marked = processes.values.filter {
            marks[$0.pid] == .mark(run.mark) && $0.startTicks >= outlived.begun
        }
        let session = processes.values.filter { $0.session == run.leader }
        let isItsOwn =
            run.isLeaderAlive
            || outlived.begun > 0
                && session.contains {
                    (outlived.begun...max(outlived.begun, outlived.seen)).contains($0.startTicks)
                }
            || marked.contains { $0.session == run.leader }
        let members = isItsOwn ? session : []
        if outlived.isGroupOnly {
            return members.filter { $0.group == run.leader }.map(\.pid)
                .filter { !spared.contains($0) }
        }
        var found: Set<Int32> = []
        for root in marked + members where !found.contains(root.pid) {
            found.formUnion(family(of: root.pid, sparing: spared))
        }
        return found.sorted()
    }

    private func ancestors(of pid: Int32) -> [Int32] {
        var found: [Int32] = []
        var next = processes[pid]?.parent
        while let pid = next, pid > 0, !found.contains(pid) {
            found.append(pid)
            next = processes[pid]?.parent
        }
        return found
    }
}
