// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("The socket of a program")
struct SocketSettingsTests {
    private func load(_ keys: String) throws -> ConfigurationLoader.Outcome {
        try TemporaryFolder().load("programs: {a: {command: a, \(keys)}}\n")
    }

    @Test(
        "is read from its forms",
        arguments: [
            ("unix:///run/x/../a.sock", SocketSettings.Place.path("/run/a.sock")),
            ("tcp://127.0.0.1:9000", .network(address: "127.0.0.1", port: 9000)),
            ("tcp://localhost:9000", .network(address: "127.0.0.1", port: 9000)),
            ("tcp://[::1]:9000", .network(address: "::1", port: 9000)),
            ("tcp://*:9000", .network(address: "0.0.0.0", port: 9000)),
            ("unix:///run/%(program_name)s.sock", .path("/run/a.sock")),
        ]
    )
    func forms(text: String, place: SocketSettings.Place) throws {
        let outcome = try load("socket: \"\(text)\"")
        let process = try #require(outcome.configuration?.processes.first, "\(outcome.diagnostics)")
        #expect(process.socket == SocketSettings(place))
    }

    @Test("takes backlog and mode")
    func details() throws {
        let outcome = try load("socket: unix:///s, socket_backlog: 7, socket_mode: 0770")
        let socket = try #require(outcome.configuration?.processes.first?.socket)
        #expect((socket.backlog, socket.mode) == (7, 0o770))
    }

    @Test(
        "is refused when it is none",
        arguments: [
            ("socket: /run/s", "'socket' takes unix:///PATH"),
            ("socket: tcp://example.org:1", "'socket' takes unix:///PATH"),
            ("socket: \"unix:///\"", "'socket' takes unix:///PATH"),
            ("socket_mode: 0700", "'socket_mode' is of no use without 'socket'"),
            ("socket: tcp://127.0.0.1:1, socket_mode: 0700", "is for sockets of the form unix"),
            ("socket: tcp://127.0.0.1:1, stdin: PIPE", "as its standard input"),
        ]
    )
    func refused(keys: String, reason: String) throws {
        let outcome = try load(keys)
        #expect(outcome.configuration == nil)
        #expect(outcome.diagnostics.contains { $0.message.contains(reason) })
    }

    @Test("is shared by the processes of one program and by no other program")
    func shared() throws {
        let many = try load(
            #"socket: unix:///s, numprocs: 2, process_name: "a%(process_num)s""#
        )
        #expect(many.configuration?.processes.count == 2)
        let two = try TemporaryFolder().load(
            "programs: {a: {command: a, socket: unix:///s}, b: {command: b, socket: unix:///s}}\n"
        )
        #expect(two.diagnostics.contains { $0.message.contains("have the same socket, unix:///s") })
    }
}
