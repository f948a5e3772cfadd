// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("The section http")
struct HTTPSettingsTests {
    private func load(_ section: String) throws -> ConfigurationLoader.Outcome {
        try TemporaryFolder().load("programs: {a: {command: a}}\nhttp: {\(section)}\n")
    }

    @Test("is off unless it is there")
    func absent() throws {
        let outcome = try TemporaryFolder().load("programs: {a: {command: a}}\n")
        let configuration = try #require(outcome.configuration)
        #expect(configuration.daemon.http == nil)
    }

    @Test("takes an address and a port, and who is let in")
    func whole() throws {
        let outcome = try load(
            #"listen: "[::1]:9001", username: josh, password_file: /p, hosts: [Box.local]"#
        )
        let http = try #require(outcome.configuration?.daemon.http, "\(outcome.diagnostics)")
        #expect(http.address == "::1")
        #expect(http.port == 9001)
        #expect(http.user == HTTPSettings.User(name: "josh", passwordFile: "/p"))
        #expect(http.hosts == ["box.local"])
    }

    @Test(
        "is open without a password only for this machine, and only by wish",
        arguments: [
            (#"listen: "127.0.0.1:9001""#, "insecure: true"),
            (#"listen: "*:9001""#, "whoever reaches 0.0.0.0"),
            (#"listen: "*:9001", insecure: true"#, "whoever reaches 0.0.0.0"),
            (#"listen: "10.0.0.1:9001", username: a, password_file: /p"#, "insecure: true"),
            (#"listen: "127.0.0.1:9001", username: a"#, "go together"),
            (#"listen: "127.0.0.1:9001", password_file: /p"#, "go together"),
            (#"username: a, password_file: /p"#, "has no 'listen'"),
        ]
    )
    func refused(section: String, reason: String) throws {
        let outcome = try load(section)
        #expect(outcome.configuration == nil)
        #expect(outcome.diagnostics.contains { $0.message.contains(reason) })
    }

    @Test(
        "is taken where it is safe, or said to be known",
        arguments: [
            #"listen: "127.0.0.1:9001", insecure: true"#,
            #"listen: "localhost:9001", username: a, password_file: /p"#,
            #"listen: "0.0.0.0:9001", username: a, password_file: /p, insecure: true"#,
        ]
    )
    func taken(section: String) throws {
        #expect(try load(section).diagnostics.map(\.description) == [])
    }

    @Test(
        "listens on nothing that is no address and port",
        arguments: [
            "9001", ":9001", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:9001",
            "example.org:9001", "[127.0.0.1]:9001", "[::1]", "127.0.0.1:+1", "1.2.3:9001",
        ]
    )
    func noAddress(text: String) throws {
        let outcome = try load(#"listen: "\#(text)", insecure: true"#)
        #expect(
            outcome.diagnostics.contains { $0.message.hasPrefix("'listen' takes an address") }
        )
    }
}
