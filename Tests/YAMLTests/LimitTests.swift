// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@Suite("A hostile file", .serialized)
struct LimitTests {
    /// Far more than any of these takes, and far less than any of them would take without a limit.
    private func isQuick(_ text: String) -> Document {
        var document: Document?
        let time = ContinuousClock().measure { document = read(text) }
        #expect(time < .seconds(300))
        return document ?? read("")
    }

    @Test(
        "that is nested without end is refused at once",
        arguments: ["[", "{", "- ", "? ", "[{", "[[],", "a: [", "&a ["]
    )
    func depth(_ piece: String) {
        let document = isQuick(String(repeating: piece, count: 100_000 / piece.utf8.count))
        #expect(document.root == nil)
        #expect(document.problems.count == 1)
    }

    @Test("may be nested 32 deep and no deeper")
    func depthLimit() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(read(nested(32)).problems.isEmpty)
        #expect(
            read(nested(33)).problems.map(\.message) == [
                "lists and maps are nested more than 32 deep"
            ]
        )
    }

    @Test("cannot get deeper by aliases")
    func depthByAliases() {
        let text = "a: &a [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[*a]]]]]]]]]]]\n"
        #expect(read(text).problems.isEmpty)
        let deeper = text.replacing("b: [", with: "b: [[").replacing("*a]", with: "*a]]")
        #expect(read(deeper).problems.count == 1)
    }

    @Test("that grows by aliases of aliases is refused at once")
    func billionLaughs() {
        var text = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let document = isQuick(text)
        #expect(document.root == nil)
        #expect(
            document.problems.map(\.message) == [
                "the file has more than a million nodes once aliases are resolved"
            ]
        )
    }

    @Test("that grows by merge keys is refused at once")
    func mergeBomb() {
        var text = "a0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n"
        for level in 1...9 {
            let keys = (0..<10).map { "k\($0): {<<: *a\(level - 1)}" }.joined(separator: ", ")
            text += "a\(level): &a\(level) {\(keys)}\n"
        }
        #expect(isQuick(text).root == nil)
    }

    @Test("with more than a million nodes is refused")
    func nodes() {
        let document = isQuick("[" + String(repeating: "1,", count: 1_000_001) + "]")
        #expect(document.root == nil)
        #expect(document.problems.count == 1)
    }

    @Test("larger than 16 MiB is refused before it is looked at")
    func size() {
        let document = Document(
            parsing: [UInt8](repeating: 0x20, count: 17 << 20),
            file: "x.yaml"
        )
        #expect(document.root == nil)
        #expect(
            document.problems == [
                Problem("the file is larger than 16 MiB, the most that is read", at: nil)
            ]
        )
    }

    @Test("of one text of 16 MiB is read")
    func oneText() {
        let document = isQuick("a: '" + String(repeating: "x", count: (16 << 20) - 5) + "'")
        #expect(document.root?["a"]?.scalar?.text.utf8.count == (16 << 20) - 5)
    }

    @Test("with a thousand equal keys draws a few complaints, not a thousand")
    func duplicates() {
        let document = isQuick(String(repeating: "a: 1\n", count: 1000))
        #expect((1...100).contains(document.problems.count))
    }
}
