// SPDX-License-Identifier: Apache-2.0

import Configuration
import Import
import Testing
import YAML

/// What nobody writes on purpose, and what must not make another file of the result.
@Suite("A strange supervisord.conf")
struct StrangeTextTests {
    private func program(_ keys: String) throws -> Conversion {
        try convert("[program:a]\ncommand=/bin/a\n\(keys)\n")
    }

    private func tree(_ conversion: Conversion) -> Node? {
        let document = Document(parsing: Array(conversion.yaml.utf8), file: "s.yaml")
        #expect(document.problems == [])
        return document.root
    }

    /// To Swift an accent makes one character of itself and what stands before it.
    @Test(
        "keeps its text when an accent stands behind what YAML reads",
        arguments: [
            "it's '\u{301}x' \"y\"", "'\u{301}", "a: \u{301}b", "a #\u{301}b", "a\\'\u{301}\"",
        ]
    )
    func accent(text: String) throws {
        let conversion = try program("directory=/\(text)")
        let read = tree(conversion)?["programs"]?["a"]?["directory"]?.scalar?.text
        #expect(read == "/" + text)
    }

    @Test(
        "keeps a command of several lines with a separator of lines in one of them",
        arguments: ["\u{2028}", "\u{85}", "\u{1}"]
    )
    func separator(text: String) throws {
        let conversion = try convert("[program:a]\ncommand=/bin/a\n  b\(text)c\n")
        let words = tree(conversion)?["programs"]?["a"]?["command"]?.sequence
        #expect(words?.compactMap(\.scalar?.text) == ["/bin/a", "b\(text)c"])
    }

    @Test("cannot add keys through the level of its log", arguments: ["loud", "info\n  umask: 0"])
    func level(text: String) throws {
        let conversion = try convert("[supervisord]\nloglevel=\(text)\n[program:a]\ncommand=a\n")
        #expect(tree(conversion)?["swisord"] == nil)
        #expect(conversion.isLossy)
    }

    @Test(
        "is told that so many processes are too many, whatever the numbers",
        .timeLimit(.minutes(10))
    )
    func numbers() throws {
        let most = Int.max
        let conversion = try program(
            """
            numprocs=\(most)
            numprocs_start=\(most)
            process_name=a%(process_num)d
            stdout_logfile=/var/log/a-%(process_num)d
            """
        )
        #expect(tree(conversion)?["programs"]?["a"]?["numprocs"]?.scalar?.text == "\(most)")
        let told = conversion.findings.map(\.message)
        #expect(told.contains("swisord has 10000 processes at most"))
    }

    @Test("has one group where two become one name")
    func groups() throws {
        let conversion = try convert(
            """
            [program:a]
            command=a
            [program:b]
            command=b
            [group:x y]
            programs=a
            [group:x_y]
            programs=b
            """
        )
        #expect(tree(conversion)?["groups"]?.mapping?.map(\.key) == ["x_y"])
        #expect(
            conversion.findings.map(\.description).last
                == "s.conf:7: lost: there are two groups 'x_y'; one is left out"
        )
    }

    @Test("leaves out a variable whose name no YAML can hold")
    func longName() throws {
        let name = String(repeating: "N", count: 2000)
        let conversion = try program("environment=\(name)=1,B=2")
        let variables = tree(conversion)?["programs"]?["a"]?["environment"]?.mapping
        #expect(variables?.map(\.key) == ["B"])
        #expect(conversion.isLossy)
    }

    @Test("is no text when a NUL is in it")
    func null() throws {
        #expect(throws: Unreadable(reason: "a NUL byte is in it, so it is no text")) {
            try convert("[program:a]\ncommand=a\0b\n")
        }
    }
}
