// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("A command line")
struct CommandWordsTests {
    @Test(
        "is split as a shell splits it",
        arguments: [
            ("", []), ("  \t\n ", []), ("a", ["a"]), (" a  b\tc\nd ", ["a", "b", "c", "d"]),
            ("'a b' c", ["a b", "c"]), (#""a b" c"#, ["a b", "c"]), ("a'b'\"c\"d", ["abcd"]),
            ("'' \"\"", ["", ""]), (#"a\ b"#, ["a b"]), (#"\'\"\\"#, [#"'"\"#]),
            (#"'a\b'"#, [#"a\b"#]), (#""\$ \` \" \\ \n""#, [#"$ ` " \ \n"#]), ("a\\\nb", ["ab"]),
            ("\"a\\\nb\"", ["ab"]), ("'a\nb'", ["a\nb"]), (#""it's""#, ["it's"]),
            (#"sh -c 'echo "$HOME" | wc'"#, ["sh", "-c", #"echo "$HOME" | wc"#]),
            ("a #b", ["a", "#b"]), ("$A *.c ~", ["$A", "*.c", "~"]), ("é 日本", ["é", "日本"]),
            ("date +%Y", ["date", "+%Y"]),
        ]
    )
    func split(_ line: String, _ expected: [String]) throws {
        #expect(try CommandWords.split(line).map(\.text) == expected)
    }

    @Test(
        "with bad quoting says where",
        arguments: [
            ("a 'b", 2, "the quote ' is never closed"),
            (#"a "b\""#, 2, "the quote \" is never closed"),
            ("ab\\", 2, "nothing follows the backslash"),
            ("'a'\"", 3, "the quote \" is never closed"),
        ]
    )
    func malformed(_ line: String, _ offset: Int, _ reason: String) {
        let error = #expect(throws: CommandWords.Malformed.self) { try CommandWords.split(line) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test(
        "shows what only a shell would understand",
        arguments: [
            ("a && b", "&&"), ("a | b", "|"), ("a > b", ">"), ("a 2>&1", "2>&1"), ("a *.c", "*.c"),
            ("a ~", "~"), ("a ~/b", "~/b"), ("a $B", "$B"), ("a x${B}", "x${B}"),
            ("a $(b)", "$(b)"),
            ("a `b`", "`b`"), ("a ; b", ";"), ("a &", "&"),
        ]
    )
    func shellSyntax(_ line: String, _ expected: String) throws {
        #expect(CommandWords.shellSyntax(in: try CommandWords.split(line)) == expected)
    }

    @Test(
        "has nothing for a shell",
        arguments: [
            "a '&&' b", #"a "*" '$B'"#, #"a \*.c \~"#, "sh -c 'a | b > c'", "a b~ c=~d 5$ $5",
            "a --x=>y", "a ~b", "a&b",
        ]
    )
    func noShellSyntax(_ line: String) throws {
        #expect(CommandWords.shellSyntax(in: try CommandWords.split(line)) == nil)
    }
}
