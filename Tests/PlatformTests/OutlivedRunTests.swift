// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@Suite("A run that has outlived its guardian")
struct OutlivedRunTests {
    private struct Made {
        let pid: Int32
        let parent: Int32
        let session: Int32
        var group: Int32?
        var start = 150
        var mark: String?
    }

    /// The leader was 30, made at 100 and last seen at 200; the guardian of now is 10.
    private func found(
        _ made: [Made],
        alive: Bool = false,
        begun: UInt64 = 100,
        groupOnly: Bool = false
    ) -> [Int32] {
        let surroundings = [
            Made(pid: 1, parent: 0, session: 1, start: 0),
            Made(pid: 5, parent: 1, session: 5, start: 10),
            Made(pid: 10, parent: 5, session: 10, start: 300),
            Made(pid: 11, parent: 10, session: 10, start: 300),
            Made(pid: 12, parent: 10, session: 12, start: 301, mark: "other"),
        ]
        let all = surroundings + made
        let stats = all.compactMap { process in
            let numbers = "\(process.parent) \(process.group ?? process.session) \(process.session)"
            let text =
                "\(process.pid) (a) S \(numbers) 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 \(process.start) 0 5\n"
            return ProcessStat(Array(text.utf8))
        }
        let marks = all.compactMap { process in
            process.mark.map { (process.pid, RunMark.Reading.mark($0)) }
        }
        let tree = ProcessTree(stats, marks: Dictionary(uniqueKeysWithValues: marks))
        let run = ProcessTree.Run(
            mark: "mine",
            leader: 30,
            isLeaderAlive: alive,
            cgroup: nil,
            outlived: ProcessTree.Outlived(begun: begun, seen: 200, isGroupOnly: groupOnly)
        )
        return tree.attribute([run], adopters: [10, 11])[0].sorted()
    }

    @Test("is whoever has its mark, whoever has adopted it, and what descends from those")
    func marked() {
        let made = [
            Made(pid: 40, parent: 5, session: 40, mark: "mine"),
            Made(pid: 41, parent: 40, session: 41, start: 400),
            Made(pid: 42, parent: 1, session: 42, mark: "mine"),
            Made(pid: 43, parent: 1, session: 43, mark: "other"),
            Made(pid: 44, parent: 1, session: 44),
        ]
        #expect(found(made) == [40, 41, 42])
    }

    @Test("has the session of its leader if one of it is as old as that or has the mark")
    func session() {
        let young = Made(pid: 41, parent: 1, session: 30, start: 400)
        let old = Made(pid: 40, parent: 1, session: 30, start: 200)
        #expect(found([young, old]) == [40, 41])
        #expect(
            found([young, Made(pid: 42, parent: 1, session: 30, start: 400, mark: "mine")]) == [
                41, 42,
            ]
        )
        #expect(found([young], alive: true) == [41])
    }

    @Test("is nobody whose session has got the number of its leader since")
    func reused() {
        let others = [
            Made(pid: 30, parent: 1, session: 30, start: 201),
            Made(pid: 31, parent: 30, session: 30, start: 400),
            Made(pid: 32, parent: 1, session: 30, start: 400, mark: "other"),
        ]
        #expect(found(others).isEmpty)
        let joined = Made(pid: 33, parent: 1, session: 33, group: 30, start: 150)
        #expect(found(others + [joined]).isEmpty)
    }

    @Test("is nobody of an earlier run with the same mark, nor anybody when nothing is known")
    func older() {
        #expect(found([Made(pid: 40, parent: 1, session: 40, start: 99, mark: "mine")]).isEmpty)
        #expect(found([Made(pid: 40, parent: 1, session: 30, start: 99)]).isEmpty)
        #expect(found([Made(pid: 40, parent: 1, session: 30)], begun: 0).isEmpty)
    }

    @Test("spares who has started this daemon, and what this daemon has started")
    func spared() {
        let shell = Made(pid: 5, parent: 1, session: 30, start: 150, mark: "mine")
        let made = [shell, Made(pid: 40, parent: 5, session: 30, mark: "mine")]
        #expect(found(made) == [40])
    }

    @Test("is its process group where that alone is asked for")
    func groupOnly() {
        let made = [
            Made(pid: 40, parent: 1, session: 30),
            Made(pid: 41, parent: 1, session: 30, group: 41),
            Made(pid: 42, parent: 1, session: 42, mark: "mine"),
        ]
        #expect(found(made, groupOnly: true) == [40])
        #expect(found(made) == [40, 41, 42])
    }
}
