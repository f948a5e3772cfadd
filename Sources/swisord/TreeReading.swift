// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform
import Supervision

/// One look at all processes, in the words of the wire.
struct TreeReading {
    private let tree: ProcessTree
    private let queries: [TreeThread.Query]
    private let owned: [[PID]]

    init(_ queries: [TreeThread.Query], adopters: Set<PID>) {
        let oldest = queries.compactMap(\.run.outlived?.begun).min()
        tree = ProcessTree.read(adopters: adopters, marksSince: oldest)
        self.queries = queries
        owned = tree.attribute(queries.map(\.run), adopters: adopters)
    }

    /// Gives each program the processes of its runs.
    func fill(_ list: inout ProgramList) {
        var found: [String: [ProcessInfo.Member]] = [:]
        for (query, pids) in zip(queries, owned) {
            let members = ordered(pids).compactMap { member($0, isLeftover: query.isOver) }
            found[query.key, default: []] += members
        }
        for index in list.programs.indices {
            let program = list.programs[index]
            list.programs[index].processes = found["\(program.group):\(program.name)"] ?? []
        }
    }

    /// Parents before their children, each child after its parent.
    private func ordered(_ pids: [PID]) -> [PID] {
        let own = Set(pids)
        let roots = pids.filter { !own.contains(tree.processes[$0]?.parent ?? 0) }.sorted()
        var result: [PID] = []
        func add(_ pid: PID) {
            result.append(pid)
            for child in pids.sorted() where tree.processes[child]?.parent == pid && child != pid {
                add(child)
            }
        }
        roots.forEach(add)
        return result
    }

    private func member(_ pid: PID, isLeftover: Bool) -> ProcessInfo.Member? {
        guard let stat = tree.processes[pid] else { return nil }
        return ProcessInfo.Member(
            pid: Int(pid),
            parent: Int(stat.parent),
            command: ProcessCommand.read(pid) ?? "[\(stat.name)]",
            state: String(decoding: [stat.state], as: UTF8.self),
            cpuTime: Double(stat.userTicks + stat.systemTicks) / Double(ThisProcess.clockTicks),
            memory: UInt64(max(0, stat.residentPages)) * UInt64(ThisProcess.pageSize),
            isLeftover: isLeftover
        )
    }
}

extension TreeThread.Query {
    /// The program that it is about, as `group:name`.
    fileprivate var key: String {
        run.mark.split(separator: ":").dropLast(2).joined(separator: ":")
    }
}
