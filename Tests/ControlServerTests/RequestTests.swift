// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Testing

@Suite("The control server", .timeLimit(.minutes(1)))
struct RequestTests {
    @Test("answers a request on a kept connection, and the next one")
    func keepsAlive() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        for _ in 0..<3 {
            client.send("GET /v1/daemon HTTP/1.1\r\nHost: x\r\n\r\n")
            let text = client.receive(until: "}\n")
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.contains(#""identifier":"swisord""#))
            #expect(text.contains("content-type: application/json\r\n"))
        }
    }

    @Test("is understood by the client")
    func client() throws {
        let fixture = try ServerFixture()
        let client = ControlClient(socketPath: fixture.path)
        #expect(try client.send(.daemon) == .daemon(Samples.daemon))
        #expect(
            try client.send(.programs(Selection(["a", "b"])))
                == .programs(
                    ProgramList(programs: ["a", "b"].map { Samples.program(named: $0) })
                )
        )
        #expect(try client.send(.signal(.all, name: "TERM")) != .daemon(Samples.daemon))
        #expect(fixture.backend.requests.last == .signal(.all, name: "TERM"))
    }
}
