// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swisordctl

@Suite("help")
struct HelpTests {
    @Test("lists every verb, in order")
    func list() {
        let seen = Transcript("help")
        let names = VerbTable.all.map { $0.name }
        #expect(names == names.sorted())
        #expect(
            seen.output.split(whereSeparator: \.isWhitespace).suffix(names.count).map(String.init)
                == names
        )
        #expect(seen.status == 0)
    }

    @Test("describes every verb, also when asked behind it")
    func each() {
        for verb in VerbTable.all {
            let seen = Transcript("help \(verb.name)").output
            #expect(seen.hasPrefix(verb.name))
            #expect(Transcript("\(verb.name) -h").output == seen)
            #expect(Transcript("\(verb.name) x --help").output == seen)
        }
    }

    @Test("knows nothing of other words")
    func unknown() {
        #expect(Transcript("help frob").output == "*** No help on frob\n")
        #expect(Transcript("help frob").status == 0)
    }

    @Test("A word that is no verb is refused")
    func noVerb() {
        let seen = Transcript("frob a b")
        #expect(seen.output == "*** Unknown syntax: frob a b\n")
        #expect(seen.errors == "'help' lists the verbs\n")
        #expect(Transcript("strat a", on: ScriptedDaemon([])).errors == "did you mean 'start'?\n")
        #expect(seen.status == 1)
    }

    @Test("A blank line does nothing")
    func blank() {
        let seen = Transcript("  ")
        #expect(seen.output == "")
        #expect(seen.status == 0)
    }
}
