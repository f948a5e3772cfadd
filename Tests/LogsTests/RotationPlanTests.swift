// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Logs

@Suite("A rotation plan")
struct RotationPlanTests {
    @Test(
        "fills the first free name, or replaces the oldest",
        arguments: [
            (0, [], []),
            (0, [1, 2], []),
            (1, [], ["0>1"]),
            (1, [1], ["0>1"]),
            (3, [], ["0>1"]),
            (3, [1], ["1>2", "0>1"]),
            (3, [1, 2], ["2>3", "1>2", "0>1"]),
            (3, [1, 2, 3], ["2>3", "1>2", "0>1"]),
            (3, [2, 3], ["0>1"]),
            (3, [1, 3], ["1>2", "0>1"]),
        ] as [(Int, Set<Int>, [String])]
    )
    func renames(backups: Int, existing: Set<Int>, expected: [String]) {
        let plan = RotationPlan(backups: backups, exists: existing.contains)
        #expect(plan.renamings.map { "\($0.from)>\($0.to)" } == expected)
    }

    @Test("loses no file but the oldest, wherever it is cut short", arguments: 0...3)
    func cutShort(steps: Int) {
        var files = [0: "new", 1: "a", 2: "b", 3: "c"]
        let plan = RotationPlan(backups: 3) { files[$0] != nil }
        for step in plan.renamings.prefix(steps) {
            files[step.to] = files.removeValue(forKey: step.from)
        }
        let kept = Set(files.values)
        #expect(kept.isSuperset(of: ["new", "a", "b"]))
        // The next rotation fills the gap and replaces nothing.
        if steps < 3, steps > 0 {
            files[0] = files[0] ?? "newer"
            let before = files.count
            for step in RotationPlan(backups: 3, exists: { files[$0] != nil }).renamings {
                #expect(files[step.to] == nil)
                files[step.to] = files.removeValue(forKey: step.from)
            }
            #expect(files.count == before)
        }
    }
}

@Suite("A rotation's cut")
struct RotationCutTests {
    private func cut(_ output: String, room: Int, size: Int, open: Int? = 0) -> RotationCut {
        RotationCut(output: Array(output.utf8)[...], room: room, size: size) { open }
    }

    @Test("is after the last line end that fits")
    func lineEnd() {
        #expect(cut("a\nbb\nccc\n", room: 6, size: 10) == .rotate(after: 5))
        #expect(cut("a\nbb\nccc\n", room: 5, size: 10) == .rotate(after: 5))
        #expect(cut("a\nbb\nccc\n", room: 4, size: 10) == .rotate(after: 2))
    }

    @Test("is before the output when its first line does not fit")
    func noLineFits() {
        #expect(cut("abc\n", room: 2, size: 10, open: 0) == .rotate(after: 0))
        #expect(cut("abc\n", room: -5, size: 10, open: 0) == .rotate(after: 0))
    }

    @Test("takes the begun line along to the new file")
    func begunLine() {
        #expect(cut("abc\n", room: 2, size: 10, open: 4) == .carry(4))
    }

    @Test("is inside a line that is longer than a file")
    func longLine() {
        #expect(cut("abcdef", room: 4, size: 0) == .rotate(after: 4))
        #expect(cut("abcdef", room: 4, size: 6, open: 6) == .rotate(after: 4))
        #expect(cut("abcdef", room: 4, size: 100_000, open: nil) == .rotate(after: 4))
    }
}
