// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Testing

@Suite("The control server", .timeLimit(.minutes(10)))
struct RequestTests {
    static let get = "GET /v1/daemon HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("answers a request on a kept connection, and the next one")
    func keepsAlive() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        for _ in 0..<3 {
            client.send(Self.get)
            let text = client.receive(until: "}\n")
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.contains(#""identifier":"swisord""#))
            #expect(text.contains("content-type: application/json\r\n"))
        }
    }

    @Test("answers nothing that a browser would take for a page, or for a script in one")
    func neverHTML() throws {
        let fixture = try ServerFixture()
        let call = "<methodCall><methodName>&lt;script&gt;</methodName></methodCall>"
        let head = "HTTP/1.1\r\nHost: x\r\n"
        let answered = [
            "/", "/index.html", "/%3Cscript%3E", "/v1/daemon", "/v1/programs/%3Cscript%3E",
            "/v1/programs/a/logs/%3Cscript%3E", "/v1/programs?%3Cscript%3E=1",
            "/v1/programs/a/logs/stdout?follow=%3Cscript%3E",
        ]
        let streams = ["/v1/programs/a/logs/stdout?follow=true", "/v1/events", "/logtail/a"]
        let others = [
            "POST /RPC2 \(head)Content-Length: \(call.utf8.count)\r\n\r\n\(call)",
            "<script> / \(head)\r\n",
        ]
        for request in (answered + streams).map({ "GET \($0) \(head)\r\n" }) + others {
            let opened = fixture.backend.streams.count
            let client = try fixture.connect()
            client.send(request)
            if streams.contains(where: { request.hasPrefix("GET \($0) ") }) {
                _ = eventually { fixture.backend.streams.count > opened }
                try #require(fixture.backend.streams.last).receive(.opened)
            }
            let answer = client.receive(until: "\r\n\r\n")
            let types = answer.split(separator: "\r\n").filter { $0.hasPrefix("content-type: ") }
            #expect(types.count == 1, "\(request): \(answer)")
            switch types.first {
            case "content-type: application/json": break
            case "content-type: text/xml": #expect(!answer.contains("<script"))
            default: #expect(answer.contains("x-content-type-options: nosniff\r\n"), "\(request)")
            }
            #expect(!answer.contains("html"))
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
        #expect(try client.send(.plan) == .plan(ReloadPlan(added: ["web"])))
        _ = try client.send(.signal(.all, name: "TERM"))
        #expect(fixture.backend.requests.last == .signal(.all, name: "TERM"))
        guard case .failure(let error) = try client.send(.stop(Selection(["a/b"]), wait: true))
        else {
            Issue.record("a name with a slash was sent")
            return
        }
        #expect(error.code == .badRequest)
        #expect(fixture.backend.requests.count == 4)
    }

    @Test("understands a request however it is cut into packets")
    func packets() throws {
        let fixture = try ServerFixture()
        let request = Array(
            ("\r\nPOST /v1/programs/a/signal HTTP/1.1\r\nHost:\r\nContent-Length: 17\r\n\r\n"
                + #"{"signal":"TERM"}"#).utf8
        )
        let client = try fixture.connect()
        for cut in 1..<request.count {
            client.send(Array(request[..<cut]))
            client.send(Array(request[cut...]))
            #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
        }
        for byte in request { client.send([byte]) }
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
        #expect(fixture.backend.requests.count == request.count)
    }

    @Test("understands a body in chunks, and the request behind it")
    func chunks() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        let head = "POST /v1/programs/a/signal HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.send(
            head + "4\r\n{\r\n\"\r\nd\r\nsignal\":\"HUP\"\r\n1\r\n}\r\n0\r\n\r\n" + Self.get
        )
        let text = client.receive(until: "swisord.yaml")
        #expect(text.components(of: "HTTP/1.1 200 OK") == 2)
        #expect(fixture.backend.requests == [.signal(Selection(["a"]), name: "HUP"), .daemon])
    }

    @Test("answers requests that were sent ahead, in their order")
    func pipelining() throws {
        let fixture = try ServerFixture()
        fixture.backend.hold()
        let client = try fixture.connect()
        client.send("POST /v1/programs/a/start HTTP/1.1\r\n\r\n" + Self.get + Self.get)
        #expect(eventually { fixture.backend.pendingCount == 1 })
        #expect(fixture.backend.requests == [.start(Selection(["a"]), wait: true)])
        fixture.backend.release(.failure(APIError(.spawnError, "no")))
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 422 "))
        for _ in 0..<2 {
            #expect(eventually { fixture.backend.pendingCount == 1 })
            fixture.backend.release(.daemon(Samples.daemon))
            #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("takes a thousand requests that were sent ahead, without holding them all")
    func flood() throws {
        let fixture = try ServerFixture { $0.pipelinedBytes = 256 }
        let client = try fixture.connect()
        client.send(String(repeating: Self.get, count: 1000))
        client.endInput()
        // Some were still in the socket when their sender ended; all had been sent.
        #expect(client.receiveAll().components(of: "HTTP/1.1 200 OK") == 1000)
    }

    @Test("answers HTTP/1.0, HEAD, what is unknown and what is not allowed")
    func statuses() throws {
        let fixture = try ServerFixture()
        let old = try fixture.exchange("GET /v1/daemon HTTP/1.0\r\n\r\n")
        #expect(old.hasPrefix("HTTP/1.0 200 OK\r\n"))
        #expect(old.contains("connection: close\r\n"))
        let head = try fixture.exchange("HEAD /v1/daemon HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 405 "))
        #expect(head.contains("allow: GET\r\n"))
        #expect(head.hasSuffix("\r\n\r\n"))
        let nowhere = try fixture.exchange("GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(nowhere.hasPrefix("HTTP/1.1 404 "))
        let upgrade = try fixture.exchange(
            "GET /v1/daemon HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        )
        #expect(upgrade.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("answers what is still pending after the client has said its last word")
    func halfClosed() throws {
        let fixture = try ServerFixture()
        fixture.backend.hold()
        let client = try fixture.connect()
        client.send(Self.get)
        client.endInput()
        #expect(eventually { fixture.backend.pendingCount == 1 })
        fixture.backend.release(.daemon(Samples.daemon))
        let text = client.receiveAll()
        #expect(text.hasPrefix("HTTP/1.1 200 OK") && text.hasSuffix("}\n"))
    }

    @Test("sends a client on its way that asked first")
    func expectation() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        client.send(
            "POST /v1/programs/a/signal HTTP/1.1\r\nContent-Length: 17\r\n"
                + "Expect: 100-continue\r\n\r\n"
        )
        #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 Continue\r\n"))
        client.send(#"{"signal":"TERM"}"#)
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("knows who is asking")
    func peer() throws {
        let fixture = try ServerFixture()
        _ = try fixture.exchange("GET /v1/daemon HTTP/1.0\r\n\r\n")
        guard
            case .local(ProcessIdentity.pid, ProcessIdentity.uid, _)? = fixture.backend.peers.first
        else {
            Issue.record("it is somebody else")
            return
        }
    }

    @Test("survives a client that goes while its answer is awaited")
    func gone() throws {
        let fixture = try ServerFixture()
        fixture.backend.hold()
        do {
            let client = try fixture.connect()
            client.send(Self.get)
            #expect(eventually { fixture.backend.pendingCount == 1 })
        }
        fixture.backend.release(.daemon(Samples.daemon))
        let client = try fixture.connect()
        client.send(Self.get)
        #expect(eventually { fixture.backend.pendingCount == 1 })
        fixture.backend.release(.daemon(Samples.daemon))
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
    }
}

extension String {
    /// How often `part` is in it.
    func components(of part: String) -> Int {
        var count = 0
        var rest = utf8[...]
        let wanted = Array(part.utf8)
        while rest.count >= wanted.count {
            if rest.starts(with: wanted) {
                count += 1
                rest = rest.dropFirst(wanted.count)
            } else {
                rest = rest.dropFirst()
            }
        }
        return count
    }
}
