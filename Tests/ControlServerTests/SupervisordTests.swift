// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Testing

@Suite("A client of supervisord", .timeLimit(.minutes(10)))
struct SupervisordTests {
    static func body(_ method: String, _ parameters: String = "") -> String {
        "<?xml version='1.0'?>\n<methodCall>\n<methodName>\(method)</methodName>\n<params>\n"
            + "\(parameters)</params>\n</methodCall>\n"
    }

    /// A call with the headers that Python's xmlrpc.client sends.
    static func call(_ method: String, _ parameters: String = "", path: String = "/RPC2") -> String
    {
        let body = body(method, parameters)
        return "POST \(path) HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n"
            + "Content-Type: text/xml\r\nUser-Agent: Python-xmlrpc/3.11\r\n"
            + "Authorization: Basic Og==\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static let end = "</methodResponse>\n"

    @Test("is answered call after call on one connection, whatever credentials it sends")
    func calls() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        for path in ["/RPC2", "/RPC2/", "/RPC2?x=1"] {
            client.send(Self.call("supervisor.getIdentification", path: path))
            let text = client.receive(until: Self.end)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.contains("content-type: text/xml\r\n"))
            #expect(text.contains("<value><string>swisord</string></value>"))
        }
    }

    @Test("is answered when the daemon has its answer, and meanwhile is not given up")
    func waiting() throws {
        // All that a client may take is over at once; what the daemon takes is not limited.
        let fixture = try ServerFixture {
            $0.idleDeadline = .milliseconds(50)
            $0.bodyDeadline = .milliseconds(50)
            $0.answerDeadline = .milliseconds(50)
        }
        fixture.backend.hold(sparing: .daemon)
        // On a busy machine the time of a client may be over before it has said anything.
        var client = try fixture.connect()
        while fixture.backend.pendingCount == 0 {
            client = try fixture.connect()
            client.send(
                Self.call(
                    "supervisor.startProcess",
                    "<param><value><string>web</string></value></param>"
                )
            )
            while fixture.backend.pendingCount == 0, !client.hasAnswer(within: 10) {}
        }
        #expect(fixture.backend.pendingCount == 1)
        // An idle connection beside it is closed when its time is over: so much time has passed.
        let idle = try fixture.connect()
        #expect(idle.receiveAll().isEmpty)
        fixture.backend.release(
            .command(
                CommandReport(results: [
                    CommandResult(
                        name: "web",
                        group: "web",
                        action: .started,
                        error: APIError(.spawnError, "it died")
                    )
                ])
            )
        )
        #expect(client.receive(until: Self.end).contains("SPAWN_ERROR: web"))
        #expect(fixture.backend.requests.last == .start(Selection(["web:web"]), wait: true))
    }

    @Test("may end a request with a line too many, and speak HTTP/1.0")
    func quirks() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        for _ in 0..<2 {
            client.send(Self.call("supervisor.getPID") + "\r\n")
            #expect(client.receive(until: Self.end).contains("<int>1</int>"))
        }
        let body = Self.body("supervisor.getPID")
        let old = try fixture.exchange(
            "POST /RPC2 HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        #expect(old.hasPrefix("HTTP/1.0 200 OK\r\n") && old.contains("<int>1</int>"))
    }

    @Test("is told what is wrong with a request")
    func refusals() throws {
        let fixture = try ServerFixture()
        let table = [
            ("POST /RPC2 HTTP/1.1\r\nHost: x\r\n\r\n", 411),
            ("POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
            ("POST /RPC2 HTTP/1.0\r\nContent-Length: 5\r\n\r\n<a/>\n", 400),
            ("POST /RPC2 HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 400),
            ("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", 413),
            ("GET /RPC2 HTTP/1.0\r\n\r\n", 400), ("PUT /RPC2 HTTP/1.0\r\n\r\n", 400),
            ("POST /logtail/web HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 405),
            ("GET /logtail HTTP/1.0\r\n\r\n", 404), ("GET /logtail/ HTTP/1.0\r\n\r\n", 404),
            ("GET /logtail/web/stdin HTTP/1.0\r\n\r\n", 404),
            ("GET /logtail/a/stdout/b HTTP/1.0\r\n\r\n", 404),
            ("GET /logtail/%zz HTTP/1.0\r\n\r\n", 404),
            ("GET /logtail/%2e%2e/stdout HTTP/1.0\r\n\r\n", 404),
            ("GET /mainlogtail/x HTTP/1.0\r\n\r\n", 404),
        ]
        for (request, status) in table {
            let answer = try fixture.exchange(request)
            #expect(answer.dropFirst(9).hasPrefix("\(status) "), "\(request): \(answer)")
        }
        #expect(fixture.backend.requests.isEmpty && fixture.backend.streams.isEmpty)
    }

    @Test("follows a log from near its end, in chunks, with the request that supervisorctl sends")
    func following() throws {
        let logs: [(String, LogSource)] = [
            ("/logtail/grp:proc/stdout", .program(name: "grp:proc", channel: .stdout)),
            ("/logtail/grp:proc/stderr", .program(name: "grp:proc", channel: .stderr)),
            ("/logtail/web", .program(name: "web", channel: .stdout)),
            ("/logtail/a%20b", .program(name: "a b", channel: .stdout)),
            ("/mainlogtail", .daemon),
        ]
        for (path, source) in logs {
            let fixture = try ServerFixture()
            let client = try fixture.connect()
            client.send(
                "GET \(path) HTTP/1.1\r\nHost: \r\nAccept-Encoding: chunked\r\nAccept: */*\r\n"
                    + "User-agent: Supervisor HTTP Client\r\n\r\n\r\n"
            )
            #expect(eventually { fixture.backend.streams.count == 1 })
            let stream = try #require(fixture.backend.streams.first)
            #expect(stream.request == .log(source, bytes: 1024, follow: true))
            stream.receive(.opened)
            let head = client.receive(until: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.contains("\r\ntransfer-encoding: chunked\r\n"))
            stream.receive(.bytes(Array("hello\n".utf8)))
            #expect(client.receive(until: "hello\n\r\n") == "6\r\nhello\n\r\n")
        }
    }
}
