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
        /// Set when it has outlived its guardian.
        package let outlived: Outlived?

        package init(
            mark: String,
            leader: Int32,
            isLeaderAlive: Bool,
            cgroup: String?,
            outlived: Outlived? = nil
        ) {
            self.mark = mark
            self.leader = leader
            self.isLeaderAlive = isLeaderAlive
            self.cgroup = cgroup
            self.outlived = outlived
        }
    }

    package let processes: [Int32: ProcessStat]
    private let children: [Int32: [Int32]]
    /// The marks of orphans, read in the same breath as they were found: they may be gone soon.
    let marks: [Int32: RunMark.Reading]

    /// Whether an orphan has ended before its mark could be read, and may have made another.
    package var mayHaveMissed: Bool {
        marks.contains { $1 == .gone && processes[$0]?.hasEnded == false }
    }

    /// Reads /proc; empty where there is none.
    ///
    /// - Parameters:
    ///   - adopters: The processes whose children orphans become, besides pid 1.
    ///   - oldest: Where runs have outlived their guardian, anybody may have adopted their orphans:
    ///     the marks of all that were made since, in ticks since boot, are read as well.
    /// - Returns: What was found.
    package static func read(adopters: Set<Int32>, marksSince oldest: UInt64? = nil) -> ProcessTree
    {
        var found: [ProcessStat] = []
        var marks: [Int32: RunMark.Reading] = [:]
        if let directory = opendir("/proc") {
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let pid = withUnsafePointer(to: &entry.pointee.d_name) { start in
                    start.withMemoryRebound(to: CChar.self, capacity: 256) { Int32(atoi($0)) }
                }
                if pid > 0, let stat = ProcessStat.read(pid), !stat.isKernelThread {
                    found.append(stat)
                    if stat.parent == 1 || adopters.contains(stat.parent) {
                        marks[pid] = RunMark.read(pid)
                    } else if let oldest, stat.startTicks >= oldest {
                        let reading = RunMark.read(pid, looks: 4)
                        // Of others it does not matter that they have ended or have none.
                        if case .mark = reading { marks[pid] = reading }
                    }
                }
            }
        }
        return ProcessTree(found, marks: marks)
    }

    package init(_ found: [ProcessStat], marks: [Int32: RunMark.Reading] = [:]) {
        self.marks = marks
        processes = Dictionary(found.map { ($0.pid, $0) }) { $1 }
        children = Dictionary(grouping: found, by: \.parent).mapValues { $0.map(\.pid) }
    }

    /// A process and all that descend from it, itself first.
    ///
    /// - Parameters:
    ///   - pid: The process.
    ///   - spared: Who is passed by, with all that descend from them.
    /// - Returns: The pids.
    package func family(of pid: Int32, sparing spared: Set<Int32> = []) -> [Int32] {
        guard processes[pid] != nil, !spared.contains(pid) else { return [] }
        var family = [pid]
        var seen: Set<Int32> = [pid]
        var index = 0
        while index < family.count {
            for child in children[family[index], default: []]
            where !spared.contains(child) && seen.insert(child).inserted {
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
    /// - Returns: The pids of each run, in the order of the runs.
    package func attribute(
        _ runs: [Run],
        adopters: Set<Int32>
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
        for (index, run) in runs.enumerated() {
            guard let outlived = run.outlived else { continue }
            for pid in rest(of: run, outlived, adopters) { claim(pid, index) }
        }
        let ours = Set(adopters.flatMap { family(of: $0) })
        // A pid that is in use again says that nobody is left of the session that it once led.
        let led = Dictionary(
            runs.enumerated()
                .filter { $1.isLeaderAlive || processes[$1.leader]?.hasEnded != false }
                // 0 stands for a leader that is not known, and for a session outside of this namespace.
                .filter { $1.outlived == nil && $1.leader > 0 }
                .map { ($1.leader, $0) }
        ) { $1 }
        for process in processes.values where ours.contains(process.pid) {
            guard let run = led[process.session] ?? led[process.group] else { continue }
            claimFamily(process.pid, run)
        }
        let guarded = runs.enumerated().filter { $1.outlived == nil }
        let marked = Dictionary(guarded.map { ($1.mark, $0) }) { $1 }
        var orphans = adopters.union([1]).flatMap { children[$0, default: []] }
        while let pid = orphans.popLast() {
            guard !owned.contains(pid) else { continue }
            switch marks[pid] ?? RunMark.read(pid) {
            case .mark(let text): if let run = marked[text] { claimFamily(pid, run) }
            case .none: break
            // It has ended since it was seen: its children are orphans by now.
            case .gone: orphans += children[pid, default: []]
            }
        }
        return result
    }
}

/// What names a run in the environment of its processes: `SWISORD_RUN=<name>:<run>:<tag>`.
package enum RunMark {
    package static let variable = "SWISORD_RUN"

    package enum Reading: Hashable, Sendable {
        case mark(String)
        /// It has none, or is not ours to look into.
        case none
        /// It has ended.
        case gone
    }

    /// The mark of a process.
    ///
    /// In the middle of an exec a process has no environment for a moment, so one that has none is
    /// looked at again, for 50 ms at most.
    ///
    /// - Parameters:
    ///   - pid: The process.
    ///   - looks: How often at most, half a millisecond apart.
    /// - Returns: What was found.
    package static func read(_ pid: Int32, looks: Int = 100) -> Reading {
        for _ in 0..<looks {
            let text = (try? SmallFile.read("/proc/\(pid)/environ", limit: 1 << 22)) ?? ""
            if !text.isEmpty { return find(text) }
            guard let stat = ProcessStat.read(pid), !stat.hasEnded else { return .gone }
            guard access("/proc/\(pid)/environ", R_OK) == 0 else { return .none }
            usleep(500)
        }
        return .none
    }

    private static func find(_ environment: String) -> Reading {
        let prefix = "\(variable)="
        let entry = environment.split(separator: "\0").first { $0.hasPrefix(prefix) }
        return entry.map { .mark(String($0.dropFirst(prefix.count))) } ?? .none
    }
}
