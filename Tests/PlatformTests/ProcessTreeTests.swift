// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@Suite("A process tree")
struct ProcessTreeTests {
    /// A process as /proc/PID/stat tells it.
    private func stat(_ pid: Int, parent: Int, session: Int, group: Int? = nil) -> ProcessStat? {
        let start = "\(pid) (a) S \(parent) \(group ?? session) \(session) 0 -1 0 0 0 0 0 1 2"
        return ProcessStat(Array("\(start) 0 0 20 0 1 0 77 4096 5\n".utf8))
    }

    private func made(
        _ processes: [(Int, Int, Int)],
        _ marks: [Int32: RunMark.Reading]
    ) -> ProcessTree {
        let stats = processes.compactMap { stat($0.0, parent: $0.1, session: $0.2) }
        return ProcessTree(stats, marks: marks)
    }

    private func run(_ mark: String, _ leader: Int32, alive: Bool = true) -> ProcessTree.Run {
        ProcessTree.Run(mark: mark, leader: leader, isLeaderAlive: alive, cgroup: nil)
    }

    /// The guardian is 10, the manager 11.
    private let tree: [(Int, Int, Int)] = [
        (1, 0, 1), (10, 1, 10), (11, 10, 11),
        // A program with a child and a grandchild in a session of its own.
        (20, 10, 20), (21, 20, 20), (22, 21, 22),
        // An orphan in the session of 30, which has gone.
        (31, 10, 30),
        // Orphans in sessions of their own, with and without a mark; a child of the first.
        (40, 10, 40), (41, 10, 41), (42, 40, 42),
        // Somebody else's.
        (50, 1, 50), (51, 50, 30),
    ]

    @Test("gives each process to one run, by descent, session and mark")
    func attributes() {
        let tree = made(tree, [40: .mark("c"), 50: .mark("x"), 21: .mark("c")])
        let runs = [run("a", 20), run("b", 30, alive: false), run("c", 99, alive: false)]
        let found = tree.attribute(runs, adopters: [10, 11])
        #expect(found.map { $0.sorted() } == [[20, 21, 22], [31], [40, 42]])
    }

    @Test("takes nobody for the session of a leader whose pid is another's by now")
    func reusedPid() {
        var reused = tree
        reused.append((30, 10, 30))
        let tree = made(reused, [:])
        let found = tree.attribute([run("b", 30, alive: false)], adopters: [10, 11])
        #expect(found == [[]])
    }

    @Test("takes the children of one that has just ended for orphans")
    func ended() {
        let tree = made(tree, [40: .gone, 42: .mark("c")])
        let found = tree.attribute([run("c", 99, alive: false)], adopters: [10, 11])
        #expect(tree.mayHaveMissed)
        #expect(found == [[42]])
    }

    @Test("never gives away those that adopt orphans")
    func sparesAdopters() {
        let marks = [10, 11, 20, 31, 40, 41, 50].map { (Int32($0), RunMark.Reading.mark("a")) }
        let tree = made(tree, Dictionary(uniqueKeysWithValues: marks))
        let runs = [run("a", 10), run("b", 11), run("c", 1)]
        #expect(
            tree.attribute(runs, adopters: [10, 11])[0].sorted() == [
                20, 21, 22, 31, 40, 41, 42, 50, 51,
            ]
        )
    }

    @Test(
        "finds the own cgroup wherever version 2 is mounted",
        arguments: [
            ("0::/\n", "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw", "/"),
            ("1:cpu:/x\n0::/a/b\n", "4 3 0:3 / /c\\040d rw shared:1 - cgroup2 c rw", "/c d/a/b"),
            ("0::/a/b\n", "4 3 0:3 /a /c rw - cgroup2 c rw", "/c/b"),
            ("0::/a\n", "4 3 0:3 /a /c rw - cgroup2 c rw", "/c"),
            ("0::/ab\n", "4 3 0:3 /a /c rw - cgroup2 c rw", nil),
            ("0::/a\n", "4 3 0:3 / /c rw - cgroup c rw,cpu", nil),
            ("1:cpu:/x\n", "4 3 0:3 / /c rw - cgroup2 c rw", nil),
            ("0::/../x\n", "4 3 0:3 / /c rw - cgroup2 c rw", nil),
        ] as [(String, String, String?)]
    )
    func findsMount(_ groups: String, _ mounts: String, _ path: String?) {
        let expected = path == "/" ? "/sys/fs/cgroup/unified" : path
        #expect(CgroupMount.path(groups: groups, mounts: mounts) == expected)
    }

    @Test("names the group of a run so that no two runs share one")
    func names() {
        #expect(CgroupHome.name(group: "web", process: "web_00", run: 3) == "web:web_00.3")
        let odd = CgroupHome.name(group: "../a b", process: "ä", run: 1)
        #expect(odd.hasPrefix("___a_b:__-"))
        #expect(!odd.contains("/"))
        #expect(odd != CgroupHome.name(group: ".-/a b", process: "ä", run: 1))
        let long = String(repeating: "x", count: 300)
        #expect(CgroupHome.name(group: long, process: "y", run: 1).utf8.count < 255)
    }
}
