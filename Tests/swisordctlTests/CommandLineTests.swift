// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import swisordctl

@Suite("The command line")
struct CommandLineTests {
    @Test("is joined with spaces and split again")
    func words() {
        #expect(Words(arguments: ["signal USR1", "a"]).all == ["signal", "USR1", "a"])
        #expect(Words(arguments: ["", " a\tb ", "c"]).all == ["a", "b", "c"])
        #expect(Words(arguments: []).all.isEmpty)
    }

    @Test("leaves everything behind the verb to the verb")
    func options() throws {
        let command = try Swisordctl.read(
            ["-c", "f.yaml", "--no-color", "tail", "-100", "a", "-f", "-c", "--unknown"])
        #expect(command.configuration == "f.yaml")
        #expect(command.noColour)
        #expect(command.words == ["tail", "-100", "a", "-f", "-c", "--unknown"])
    }

    @Test("takes the global flags behind the verb too")
    func lateFlags() {
        let (words, found) = Words("status --json a").removing(["--json", "--no-color"])
        #expect(words == ["status", "a"])
        #expect(found == ["--json"])
    }

    @Test("knows its options by long and by short names")
    func names() throws {
        let command = try Swisordctl.read(["-i", "--json", "-v", "-s", "unix:///x"])
        #expect(command.interactive && command.json && command.version)
        #expect(command.serverurl == "unix:///x")
        #expect(try Swisordctl.read(["--configuration", "f", "-h"]).help)
        #expect(try Swisordctl.read(["-r", "past"]).historyFile == "past")
    }

    @Test("refuses an option that it does not know")
    func unknownOption() {
        #expect(throws: (any Error).self) { try Swisordctl.read(["-x", "status"]) }
    }

    @Test(
        "takes no socket but a path or a port",
        arguments: ["https://x:9001", "unix://", "/x", ""]
    )
    func socket(url: String) {
        let search = SocketSearch(file: nil, url: url)
        #expect(throws: SocketSearch.Problem.self) { try search.endpoint(.ofThisProcess).get() }
    }

    @Test("knows where the socket is as a rule when a file cannot be read")
    func usualSocket() {
        let search = SocketSearch(file: "/nope", url: nil)
        #expect(search.connection().endpoint.url.hasSuffix("/swisord.sock"))
        let other = SocketSearch(file: nil, url: "/x")
        #expect(other.connection().endpoint.url == "unix:///PATH")
    }

    @Test("finds a socket by its address without reading any file")
    func endpoint() throws {
        let endpoint = try SocketSearch(file: "/nope", url: "unix:///run/x.sock")
            .endpoint(.ofThisProcess).get()
        #expect(endpoint == Endpoint(url: "unix:///run/x.sock"))
    }
}
