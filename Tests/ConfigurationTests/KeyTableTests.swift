// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("The table of keys")
struct KeyTableTests {
    private static let project = String(Fixture.root.dropLast("/Tests/ConfigurationTests".count))

    private static let tables: [(section: String, table: KeyTable)] = [
        ("swisord", .daemon), ("programs", .program), ("groups", .group), ("backoff", .backoff),
        ("event_listeners", .listening),
        ("http", .http),
    ]

    @Test("stands in the manual page, with the type and the default of each key", arguments: 0..<6)
    func manual(_ index: Int) throws {
        let (section, table) = Self.tables[index]
        let page = try contents(of: "\(Self.project)/man/supervisor.yaml.5")
        let parts = page.split(separator: "\n.Ss \(section)\n", maxSplits: 1)
        let text = try #require(parts.count == 2 ? parts[1] : nil, "no part .Ss \(section)")
        let ends = ["\n.Ss ", "\n.Sh "].compactMap { text.firstRange(of: $0)?.lowerBound }
        let part = text[..<(ends.min() ?? text.endIndex)]
        for key in table.keys {
            let isDescribed = key.defaultText.hasPrefix("(")
            let value =
                isDescribed ? String(key.defaultText.dropFirst().dropLast()) : key.defaultText
            let shown = value == "required" ? value : "default: \(value)"
            #expect(
                part.contains(".It Ic \(key.name)\n.Pq \(key.kind.typeName); \(shown)\n"),
                "\(key.name)"
            )
        }
        let items = part.split(separator: "\n").filter { $0.hasPrefix(".It Ic ") }
        let names = Set(items.map { String($0.dropFirst(".It Ic ".count)) })
        // `Directories` stands in the part of the daemon's keys and repeats two of them in a table.
        #expect(names.filter { !$0.contains(" ") } == Set(table.keys.map(\.name)))
    }

    @Test("names in the manual page what is refused")
    func unsupported() throws {
        let page = try contents(of: "\(Self.project)/man/supervisor.yaml.5")
        for key in [
            "nocleanup", "profile_options",
        ] {
            #expect(page.contains(key))
        }
    }

    @Test("is shown whole by the example, which loads without a complaint")
    func example() throws {
        let path = "\(Self.project)/supervisor.yaml.example"
        let text = try contents(of: path)
        for key in KeyTable.daemon.keys + KeyTable.program.keys + KeyTable.group.keys
            + KeyTable.backoff.keys + KeyTable.listening.keys + KeyTable.http.keys
        {
            #expect(text.contains("\(key.name):"), "\(key.name) is not in the example")
        }
        for section in KeyTable.sections { #expect(text.contains("\(section.name):")) }
        let outcome = ConfigurationLoader.load(file: path, surroundings: .ofTests())
        #expect(outcome.diagnostics.map(\.description).isEmpty)
        #expect(outcome.configuration != nil)
    }

    @Test("says the defaults that a program without any key has")
    func programDefaults() throws {
        let folder = try TemporaryFolder()
        let plain = try #require(try folder.load("programs:\n  a:\n    command: a\n").configuration)
        var text = "programs:\n  a:\n    command: a\n"
        for key in KeyTable.program.keys where !key.defaultText.hasPrefix("(") {
            text += "    \(key.name): \(quotedForYAML(key.defaultText))\n"
        }
        let outcome = try folder.load(text)
        let spelled = try #require(outcome.configuration, "\(outcome.diagnostics)")
        #expect(spelled.processes == plain.processes)
    }

    @Test("says the defaults that a daemon without any key has")
    func daemonDefaults() throws {
        let folder = try TemporaryFolder()
        let programs = "programs:\n  a:\n    command: a\n"
        let plain = try #require(try folder.load(programs).configuration)
        var text = programs + "swisord:\n"
        for key in KeyTable.daemon.keys where !key.defaultText.hasPrefix("(") {
            text += "  \(key.name): \(quotedForYAML(key.defaultText))\n"
        }
        let outcome = try folder.load(text)
        let spelled = try #require(outcome.configuration, "\(outcome.diagnostics)")
        #expect(spelled.daemon == plain.daemon)
    }

    @Test("has no key twice, and none that is also called unsupported")
    func isUnambiguous() {
        for (_, table) in Self.tables {
            let names = table.keys.map(\.name)
            #expect(Set(names).count == names.count)
            #expect(names.allSatisfy { table.unsupported[$0] == nil })
        }
    }

    /// A default as it is written in a file: a plain text cannot begin with `%`.
    private func quotedForYAML(_ text: String) -> String {
        text.hasPrefix("%") ? "\"\(text)\"" : text
    }
}
