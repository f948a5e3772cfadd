// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("The client of the control API", .timeLimit(.minutes(10)))
struct ClientTests {
    private static let body =
        #"{"configuration_file":"/c","identifier":"i","logfile":{"lost_bytes":0},"pid":7,"#
        + #""programs":0,"socket":"/s","started_at":1,"state":"RUNNING","version":"1"}"#

    private static func answer(_ headers: String, _ body: String = ClientTests.body) -> String {
        "HTTP/1.1 200 OK\r\n\(headers)\r\n\r\n\(body)"
    }

    private static let whole = answer("content-length: \(body.utf8.count)")

    private func pid(_ client: ControlClient) throws -> Int? {
        guard case .daemon(let info) = try client.send(.daemon) else { return nil }
        return info.pid
    }

    @Test(
        "takes an answer whose length is told, that is chunked, or that ends with the connection",
        arguments: [
            whole, answer("connection: close"),
            answer(
                "transfer-encoding: chunked",
                "2\r\n{\"\r\n" + String(body.utf8.count - 2, radix: 16)
                    + "\r\n\(body.dropFirst(2))\r\n0\r\n\r\n"
            ),
        ]
    )
    func forms(text: String) throws {
        let server = try ScriptedServer([[text]])
        #expect(try pid(ControlClient(socketPath: server.path)) == 7)
        server.join()
    }

    @Test("keeps its connection, and makes another one when the daemon has closed it")
    func reuse() throws {
        let server = try ScriptedServer([[Self.whole, Self.whole], [Self.whole]])
        let client = ControlClient(socketPath: server.path)
        for _ in 0..<3 { #expect(try pid(client) == 7) }
        server.join()
    }

    @Test("asks what changes nothing again when the daemon closes just as it is asked")
    func retried() throws {
        let server = try ScriptedServer([[Self.whole, ""], [Self.whole]])
        let client = ControlClient(socketPath: server.path)
        #expect(try pid(client) == 7)
        #expect(try pid(client) == 7)
        server.join()
    }

    @Test(
        "says that the connection was lost when an answer is cut",
        arguments: ["", "HTTP/1.1 200", answer("content-length: 1000")]
    )
    func cut(text: String) throws {
        let server = try ScriptedServer([[text]])
        #expect(throws: ControlClientError.connectionLost) {
            try ControlClient(socketPath: server.path).send(.daemon)
        }
        server.join()
    }

    @Test("does not take something else for an answer", arguments: ["SSH-2.0-x\r\n", "\u{0}\r\n"])
    func foreign(text: String) throws {
        let server = try ScriptedServer([[text]])
        let error = #expect(throws: ControlClientError.self) {
            try ControlClient(socketPath: server.path).send(.daemon)
        }
        guard case .protocolError = error else {
            Issue.record("it threw \(error.map { "\($0)" } ?? "nothing")")
            return
        }
        server.join()
    }

    @Test("takes an answer that is larger than what a socket holds")
    func large() throws {
        let fixture = try ServerFixture()
        let backend = fixture.backend
        let sent = Response.programs(
            ProgramList(programs: (0..<3000).map { Samples.program(named: "program-\($0)") })
        )
        backend.hold()
        let answering = Worker {
            if eventually({ backend.pendingCount == 1 }) { backend.release(sent) }
        }
        #expect(try ControlClient(socketPath: fixture.path).send(.programs(.all)) == sent)
        answering.join()
    }
}
