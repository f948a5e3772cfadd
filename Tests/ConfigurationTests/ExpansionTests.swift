// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("An expansion")
struct ExpansionTests {
    private let names = Expansion(
        texts: ["program_name": "web", "here": "/srv/%(oops)s"],
        numbers: ["process_num": 7, "numprocs": 12],
        environment: ["HOME": "/home/josh", "PERCENT": "%(here)s %%( %", "EMPTY": ""]
    )

    @Test(
        "replaces names",
        arguments: [
            ("", ""), ("plain", "plain"), ("%(program_name)s", "web"),
            ("a-%(program_name)s-%(program_name)s!", "a-web-web!"),
            ("%(process_num)d", "7"), ("%(process_num)s", "7"), ("%(process_num)02d", "07"),
            ("%(process_num)3d", "  7"), ("%(numprocs)01d", "12"), ("%(program_name)5s", "  web"),
            ("%(ENV_HOME)s/x", "/home/josh/x"), ("[%(ENV_EMPTY)s]", "[]"),
        ]
    )
    func names(_ text: String, _ expected: String) throws {
        #expect(try names.expand(text) == expected)
    }

    @Test(
        "leaves every other % alone",
        arguments: [
            ("date +%Y-%m-%d", "date +%Y-%m-%d"), ("100%", "100%"), ("%%", "%%"), ("%", "%"),
            ("%%(here)s", "%(here)s"), ("%%%(process_num)d", "%%(process_num)d"),
            ("% (here)s", "% (here)s"), ("$HOME ${HOME}", "$HOME ${HOME}"),
        ]
    )
    func otherPercents(_ text: String, _ expected: String) throws {
        #expect(try names.expand(text) == expected)
    }

    @Test("happens once: what a name stands for is not looked at again")
    func once() throws {
        #expect(try names.expand("%(here)s") == "/srv/%(oops)s")
        #expect(try names.expand("%(ENV_PERCENT)s") == "%(here)s %%( %")
    }

    @Test(
        "that cannot be done says where",
        arguments: [
            ("a %(oops)s", 2, 8), ("é%(oops)s", 1, 8), ("%(ENV_OOPS)s", 0, 12), ("%(ENV_)s", 0, 8),
            ("ab %(here", 3, 2),
            ("%(here)", 0, 7), ("%(here)x", 0, 7), ("%(here)d", 0, 8), ("%(here)99999s", 0, 12),
            ("%()s", 0, 4), ("%(here) s", 0, 7),
        ]
    )
    func malformed(_ text: String, _ offset: Int, _ length: Int) {
        let error = #expect(throws: Expansion.Malformed.self) { try names.expand(text) }
        #expect(error?.offset == offset)
        #expect(error?.length == length)
    }
}
