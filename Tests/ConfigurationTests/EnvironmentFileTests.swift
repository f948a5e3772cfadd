// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections
import Testing

@Suite("A file of variables")
struct EnvironmentFileTests {
    @Test(
        "gives each name its value",
        arguments: [
            ("", [:]), ("# only\n\n  # comments\n", [:]), ("A=1", ["A": "1"]),
            ("A=1\nB=2\n", ["A": "1", "B": "2"]), ("A=1\r\nB=2\r\n", ["A": "1", "B": "2"]),
            ("export A=1\nexport\tB=2", ["A": "1", "B": "2"]), ("export=1", ["export": "1"]),
            ("  A = 1  ", ["A": "1"]), ("A=", ["A": ""]), ("A=''", ["A": ""]),
            ("A=two words # comment", ["A": "two words"]), ("A=a#b", ["A": "a#b"]),
            ("A=# all comment", ["A": ""]), ("A='a # b'", ["A": "a # b"]),
            ("A='$B `c` \\n'", ["A": "$B `c` \\n"]),
            ("A=\"a\\nb\\t\\\"\\\\\\$\\x\"", ["A": "a\nb\t\"\\$\\x"]),
            ("A='a\nb'\nB=2", ["A": "a\nb", "B": "2"]), ("A=a'b c'\"d\"", ["A": "ab cd"]),
            ("A=b=c", ["A": "b=c"]), ("A=1\nA=2", ["A": "2"]), ("\u{FEFF}A=1", ["A": "1"]),
            ("discovery.type=x\nA-B=y", ["discovery.type": "x", "A-B": "y"]),
            ("A=é 日本", ["A": "é 日本"]),
            ("A=\"a\\\nb\"", ["A": "ab"]), ("A=$HOME", ["A": "$HOME"]),
        ] as [(String, OrderedDictionary<String, String>)]
    )
    func parse(_ text: String, _ expected: OrderedDictionary<String, String>) throws {
        #expect(try EnvironmentFile.parse(text) == expected)
    }

    @Test(
        "that is malformed names the line",
        arguments: [
            ("A", "line 1: expected NAME=VALUE"), ("A=1\n\nB 2", "line 3: expected NAME=VALUE"),
            ("=1", "line 1: '' cannot be the name of a variable"),
            ("1A=1", "line 1: '1A' cannot be the name of a variable"),
            ("A=1\nB='x\n\ny", "line 2: the quote ' is never closed"),
            ("A=\"x", "line 1: the quote \" is never closed"),
            ("A B=1", "line 1: expected NAME=VALUE"),
            ("é=1", "line 1: 'é' cannot be the name of a variable"),
            ("A='a\nb'\nB", "line 3: expected NAME=VALUE"),
            ("A=a\0b", "line 1: a NUL character cannot be part of a value"),
            ("A='a\0b'", "line 1: a NUL character cannot be part of a value"),
            ("A=\"a\\\0b\"", "line 1: a NUL character cannot be part of a value"),
        ]
    )
    func malformed(_ text: String, _ expected: String) {
        let error = #expect(throws: EnvironmentFile.Malformed.self) {
            try EnvironmentFile.parse(text)
        }
        #expect(error?.description == expected)
    }
}
