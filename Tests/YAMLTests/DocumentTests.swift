// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

/// Reads a text as a file called `x.yaml`.
func read(_ text: String) -> Document {
    Document(parsing: Array(text.utf8), file: "x.yaml")
}

@Suite("A YAML document")
struct DocumentTests {
    @Test("keeps the order of its maps, and tells plain text from quoted")
    func tree() throws {
        let document = read("b: 1\na: 'two'\nc: [x, \"y\", {d: }]\ne: |\n  line\n")
        let root = try #require(document.root)
        #expect(document.problems.isEmpty)
        #expect(root.mapping?.map(\.key) == ["b", "a", "c", "e"])
        #expect(root["b"]?.scalar == Scalar("1"))
        #expect(root["a"]?.scalar == Scalar("two", isPlain: false))
        #expect(root["c"]?.sequence?.count == 3)
        #expect(root["c"]?.sequence?[1].scalar?.isQuoted == true)
        #expect(root["c"]?.sequence?[2]["d"]?.isAbsent == true)
        #expect(root["e"]?.scalar == Scalar("line\n", isPlain: false))
        #expect(root["nothing"] == nil)
    }

    @Test(
        "guesses no types",
        arguments: ["no", "0777", "12:30", "1_000", "~", "null", "1e3", "0x1F"]
    )
    func plainText(_ text: String) {
        #expect(read("a: \(text)").root?["a"]?.scalar == Scalar(text))
    }

    @Test("knows the line, the column and the length of each text")
    func marks() throws {
        let root = try #require(read("# é\na:\n  'é': [one, \"två\"]\n").root)
        let inner = try #require(root["a"]?.mapping?.first)
        #expect(inner.keyMark == Mark(file: "x.yaml", line: 3, column: 3, length: 3))
        #expect(inner.value.mark == Mark(file: "x.yaml", line: 3, column: 8, length: 1))
        let items = try #require(inner.value.sequence)
        #expect(items[0].mark == Mark(file: "x.yaml", line: 3, column: 9, length: 3))
        #expect(items[1].mark == Mark(file: "x.yaml", line: 3, column: 14, length: 5))
    }

    @Test("can be read through one key of the map at the top, and no further")
    func through() {
        func keys(_ text: String) -> [String]? {
            let document = Document(parsing: Array(text.utf8), file: "x.yaml", through: "k")
            return document.problems.isEmpty ? document.root?.mapping?.map(\.key) : nil
        }
        #expect(keys("a: 1\nk: {b: 2}\nc: [") == ["a", "k"])
        #expect(keys("k:\n  b: 2\n\tc") == nil)
        #expect(keys("a: {k: 1}\nk: 2\nc: 3") == ["a", "k"])
        #expect(keys("a: [k]\nc: 3") == ["a", "c"])
        #expect(keys("a: k\nc: [") == nil)
        #expect(keys("a: 1\na: 2\nk: 3") == nil)
    }

    @Test("shows its lines without their ends")
    func lines() {
        let source = read("a: 1\r\n\r\nb: 2").source
        #expect(source.line(1) == "a: 1")
        #expect(source.line(2)?.isEmpty == true)
        #expect(source.line(3) == "b: 2")
        #expect(source.line(0) == nil)
        #expect(source.line(4) == nil)
    }

    @Test(
        "without anything in it has no tree and no problem",
        arguments: ["", "# a\n", "\n\n", "\u{FEFF}"]
    )
    func empty(_ text: String) {
        let document = read(text)
        #expect(document.root == nil)
        #expect(document.problems.isEmpty)
    }

    @Test("may begin with a byte order mark, which takes no column")
    func byteOrderMark() {
        #expect(read("\u{FEFF}a: 1").root?.mapping?.first?.keyMark.column == 1)
    }

    @Test("replaces an alias by what it names")
    func aliases() throws {
        let root = try #require(read("a: &x {k: [1]}\nb: *x\nc: &x two\nd: *x\n").root)
        #expect(root["b"]?["k"] == root["a"]?["k"])
        #expect(root["d"]?.scalar == Scalar("two"))
        #expect(root["d"]?.mark == Mark(file: "x.yaml", line: 4, column: 4, length: 2))
    }

    @Test("puts merged keys under those of the map itself, the first map winning")
    func mergeKeys() throws {
        let text = "a: &a {k: 1, l: 1}\nb: &b {l: 2, m: 2}\nc:\n  <<: [*a, *b]\n  k: own\n"
        let map = try #require(read(text).root?["c"])
        #expect(map.mapping?.map(\.key) == ["k", "l", "m"])
        #expect(map["k"]?.scalar?.text == "own")
        #expect(map["l"]?.scalar?.text == "1")
        #expect(map["m"]?.scalar?.text == "2")
    }

    @Test("treats a quoted << as any other key")
    func quotedMergeKey() {
        #expect(read("'<<': text").root?["<<"]?.scalar?.text == "text")
    }

    @Test("names both places of a key that is given twice, and reads on")
    func duplicates() {
        let document = read("a: 1\nb: 2\n'a': 3\nb: 4\n")
        #expect(
            document.problems.map(\.message) == [
                "the key 'a' is given twice; the first is at x.yaml:1:1",
                "the key 'b' is given twice; the first is at x.yaml:2:1",
            ]
        )
        #expect(document.problems.map(\.mark?.line) == [3, 4])
        #expect(document.root?["a"]?.scalar?.text == "1")
    }

    @Test(
        "reads everything before the first character that is wrong",
        arguments: [
            ("a: \u{1}", 1, 4), ("ab\n  é\u{7F}", 2, 4), ("\r", 1, 1), ("a\u{85}b", 1, 2),
            ("a: b\n\u{FEFF}", 2, 1), ("\u{FFFF}", 1, 1), ("a\0", 1, 2),
        ]
    )
    func forbidden(_ text: String, _ line: Int, _ column: Int) {
        let document = read(text)
        #expect(document.root == nil)
        #expect(document.problems.map(\.mark) == [Mark(file: "x.yaml", line: line, column: column)])
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            [0x80], [0xC1, 0x81], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF], [0xF0, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func invalidEncoding(_ bytes: [UInt8]) {
        let document = Document(parsing: [0x61] + bytes, file: "x.yaml")
        #expect(document.root == nil)
        #expect(document.problems.first?.mark?.column == 2)
    }

    @Test("accepts every character that text is made of")
    func accepted() {
        let text = "a: \"\t ~\u{A0}é€\u{D7FF}\u{E000}😀\""
        #expect(read(text).root?["a"]?.scalar?.text == "\t ~\u{A0}é€\u{D7FF}\u{E000}😀")
    }
}
