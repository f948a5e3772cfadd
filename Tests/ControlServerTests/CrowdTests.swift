// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Testing

@Suite("A crowd of clients", .timeLimit(.minutes(10)))
struct CrowdTests {
    @Test("makes the oldest idle connection give way")
    func oldest() throws {
        let fixture = try ServerFixture { $0.connections = 4 }
        var clients: [RawClient] = []
        for _ in 0..<4 {
            let client = try fixture.connect()
            client.send(RequestTests.get)
            #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
            clients.append(client)
        }
        let fifth = try fixture.connect()
        fifth.send(RequestTests.get)
        #expect(fifth.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
        #expect(clients[0].receiveAll().isEmpty)
        clients[3].send(RequestTests.get)
        #expect(clients[3].receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("is told to come back when all connections are busy")
    func busy() throws {
        let fixture = try ServerFixture { $0.connections = 2 }
        fixture.backend.hold()
        let clients = try (0..<2).map { _ in try fixture.connect() }
        for client in clients { client.send(RequestTests.get) }
        #expect(eventually { fixture.backend.pendingCount == 2 })
        let text = try fixture.exchange(RequestTests.get)
        #expect(text.hasPrefix("HTTP/1.1 503 "))
        #expect(text.contains("overloaded"))
        fixture.backend.release(.daemon(Samples.daemon))
        for client in clients {
            #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("of hundreds leaves the server answering")
    func hundreds() throws {
        let fixture = try ServerFixture()
        let clients = try (0..<300).map { _ in try fixture.connect() }
        #expect(try fixture.exchange("GET /v1/daemon HTTP/1.0\r\n\r\n").contains(" 200 OK"))
        #expect(clients.count == 300)
    }
}
