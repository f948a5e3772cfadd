// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// All processes of the machine at one moment, or nearly: /proc is read entry by entry.
///
/// It takes a system call or three for each process, so no thread that must not wait reads it.
package struct ProcessTree: Sendable {
    /// What a run is recognised by; any of it may be missing.
    package struct Run: Hashable, Sendable {
        /// The value of `SWISORD_RUN` in the environment of its processes.
        package let mark: String
        /// The process that leads it, or led it: the id of its session and its process group.
        package let leader: Int32
        /// Whether the leader lives, so that its pid is its own.
        package let isLeaderAlive: Bool
        /// The directory of its cgroup.
        package let cgroup: String?

        package init(mark: String, leader: Int32, isLeaderAlive: Bool, cgroup: String?) {
            self.mark = mark
            self.leader = leader
            self.isLeaderAlive = isLeaderAlive
            self.cgroup = cgroup
        }
    }

    package let processes: [Int32: ProcessStat]
    private let children: [Int32: [Int32]]

    /// Reads /proc; empty where there is none.
    package static func read() -> ProcessTree {
        var found: [ProcessStat] = []
        if let directory = opendir("/proc") {
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let pid = withUnsafePointer(to: &entry.pointee.d_name) { start in
                    start.withMemoryRebound(to: CChar.self, capacity: 256) { Int32(atoi($0)) }
                }
                if pid > 0, let stat = ProcessStat.read(pid), !stat.isKernelThread {
                    found.append(stat)
                }
            }
        }
        return ProcessTree(found)
    }

    package init(_ found: [ProcessStat]) {
        processes = Dictionary(found.map { ($0.pid, $0) }) { $1 }
        children = Dictionary(grouping: found, by: \.parent).mapValues { $0.map(\.pid) }
    }

    /// A process and all that descend from it, itself first.
    package func family(of pid: Int32) -> [Int32] {
        guard processes[pid] != nil else { return [] }
        var family = [pid]
        var seen: Set<Int32> = [pid]
        var index = 0
        while index < family.count {
            for child in children[family[index], default: []] where seen.insert(child).inserted {
                family.append(child)
            }
            index += 1
        }
        return family
    }

    /// Which processes belong to which run, each to one at most.
    ///
    /// They are recognised, in this order, by the run's cgroup, by descent from its leader, by its
    /// session or process group, and, once adopted by somebody else, by the mark in their
    /// environment.
    ///
    /// - Parameters:
    ///   - runs: The runs to look for.
    ///   - adopters: The processes whose children orphans become, which belong to no run.
    ///   - mark: Reads the mark of a process; a test says what it likes.
    /// - Returns: The pids of each run, in the order of the runs.
    package func attribute(
        _ runs: [Run],
        adopters: Set<Int32>,
        mark: (Int32) -> String? = RunMark.read
    ) -> [[Int32]] {
        var result = [[Int32]](repeating: [], count: runs.count)
        var owned = adopters.union([1])
        func claim(_ pid: Int32, _ run: Int) {
            guard processes[pid] != nil, owned.insert(pid).inserted else { return }
            result[run].append(pid)
        }
        func claimFamily(_ pid: Int32, _ run: Int) {
            guard !owned.contains(pid) else { return }
            for member in family(of: pid) { claim(member, run) }
        }
        for (index, run) in runs.enumerated() {
            if let group = run.cgroup { Cgroup.pids(in: group).forEach { claim($0, index) } }
        }
        for (index, run) in runs.enumerated() where run.isLeaderAlive {
            claimFamily(run.leader, index)
        }
        let ours = Set(adopters.flatMap(family))
        // A pid that is in use again says that nobody is left of the session that it once led.
        let led = Dictionary(
            runs.enumerated()
                .filter { $1.isLeaderAlive || processes[$1.leader] == nil }
                .map { ($1.leader, $0) }
        ) { $1 }
        for process in processes.values where ours.contains(process.pid) {
            guard let run = led[process.session] ?? led[process.group] else { continue }
            claimFamily(process.pid, run)
        }
        let marks = Dictionary(runs.enumerated().map { ($1.mark, $0) }) { $1 }
        let orphans = adopters.union([1]).flatMap { children[$0, default: []] }
        for pid in orphans where !owned.contains(pid) {
            if let text = mark(pid), let run = marks[text] { claimFamily(pid, run) }
        }
        return result
    }
}

/// What names a run in the environment of its processes: `SWISORD_RUN=<name>:<run>:<tag>`.
package enum RunMark {
    package static let variable = "SWISORD_RUN"

    /// The mark of a process; nil for one that has none, or is not ours to look into.
    package static func read(_ pid: Int32) -> String? {
        guard let text = try? SmallFile.read("/proc/\(pid)/environ", limit: 1 << 22) else {
            return nil
        }
        let prefix = "\(variable)="
        let entry = text.split(separator: "\0").first { $0.hasPrefix(prefix) }
        return entry.map { String($0.dropFirst(prefix.count)) }
    }
}
