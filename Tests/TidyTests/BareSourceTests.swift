// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("Bare source")
struct BareSourceTests {
    @Test(
        "has no comments and no string contents, and as many lines",
        arguments: [
            ("a // async", "a "),
            ("a /* b /* c */ d */ e", "a  e"),
            ("/* a\nb */ c", "\n c"),
            (#"x = "// no" + y"#, #"x = "" + y"#),
            (#"x = "a\"b" + y"#, #"x = "" + y"#),
            (#"x = "a \(f("b")) c" + y"#, #"x = "" + y"#),
            (##"x = #"a"b"# + y"##, #"x = "" + y"#),
            ("x = \"\"\"\n a \"b\"\n \"\"\" + y", "x = \"\"\n\n + y"),
            ("#if a\nb", "#if a\nb"),
            ("c == '\"' || d", "c ==  || d"),
        ]
    )
    func bares(source: String, bare: String) {
        #expect(BareSource.of(source) == bare)
    }

    @Test("gives the length of each function")
    func functions() {
        let text = """
            struct A {
                package func b(
                    c: Int
                ) -> Int {
                    if c > 0 { return 1 }
                    return 2
                }
                init() {}
            }
            """
        let file = CodeFile(
            file: TextFile(path: "Sources/A/A.swift", text: text),
            bare: BareSource.of(text)
        )
        #expect(file.functions.map(\.lines) == [6, 1])
        #expect(file.functions.map(\.firstLine) == [2, 8])
        #expect(file.functions.map(\.name) == ["b", "init"])
    }

    @Test("knows a function without a body")
    func requirements() {
        let text = "protocol A {\n    func b()\n}\nstruct C {\n    let d = 1\n}\n"
        let file = CodeFile(
            file: TextFile(path: "Sources/A/A.swift", text: text),
            bare: BareSource.of(text)
        )
        #expect(file.functions.isEmpty)
    }

    @Test("finds whole words only")
    func words() {
        let text = "let asynchronous = 1\nfunc a() async {}\n_ = x as! Y"
        let file = CodeFile(
            file: TextFile(path: "Sources/A/A.swift", text: text),
            bare: BareSource.of(text)
        )
        #expect(file.places(of: "async") == ["Sources/A/A.swift:2"])
        #expect(file.places(of: "as!") == ["Sources/A/A.swift:3"])
        #expect(file.places(of: "try!").isEmpty)
    }
}
