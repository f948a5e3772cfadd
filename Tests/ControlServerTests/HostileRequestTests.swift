// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Testing

@Suite("A request that is not proper", .timeLimit(.minutes(10)))
struct HostileRequestTests {
    static let refused: [(String, String, Int)] = [
        ("words", "hello, is there anybody?\r\n\r\n", 400),
        ("words without an end", "hello\n", 400),
        ("a TLS hello", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}", 400),
        ("an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("HTTP/3.0", "GET /v1/daemon HTTP/3.0\r\n\r\n", 400),
        ("no version", "GET /v1/daemon\r\n\r\n", 400),
        ("a bare line feed", "GET /v1/daemon HTTP/1.1\nHost: x\n\n", 400),
        ("a bare line feed in headers", "GET /v1/daemon HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
        ("a bare carriage return", "GET /v1/daemon HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400),
        ("a folded header", "GET /v1/daemon HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400),
        ("a NUL", "GET /v1/daemon HTTP/1.1\r\nA: b\u{0}c\r\n\r\n", 400),
        ("a blank before the colon", "GET /v1/daemon HTTP/1.1\r\nA : b\r\n\r\n", 400),
        ("a header without a name", "GET /v1/daemon HTTP/1.1\r\n: b\r\n\r\n", 400),
        (
            "two lengths",
            "POST /v1/daemon/reload HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            400
        ),
        (
            "a length and an encoding",
            "POST /v1/daemon/reload HTTP/1.1\r\nContent-Length: 5\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
        ),
        (
            "an encoding and a length",
            "POST /v1/daemon/reload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                + "Content-Length: 5\r\n\r\n0\r\n\r\n", 400
        ),
        (
            "a strange encoding",
            "POST /v1/daemon/reload HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            400
        ),
        (
            "a negative length",
            "POST /v1/daemon/reload HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400
        ),
        (
            "a length with a sign",
            "POST /v1/daemon/reload HTTP/1.1\r\nContent-Length: +1\r\n\r\nx", 400
        ),
        (
            "a length that overflows",
            "POST /v1/daemon/reload HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n", 400
        ),
        (
            "a bad chunk size",
            "POST /v1/daemon/reload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400
        ),
        (
            "a body that is too large",
            "POST /v1/daemon/reload HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413
        ),
        ("a long line", "GET /" + String(repeating: "a", count: 9000), 414),
        (
            "a long header", "GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 9000), 431
        ),
        (
            "many headers", "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 33), 431
        ),
        (
            "large headers",
            "GET / HTTP/1.1\r\n"
                + String(repeating: "A: " + String(repeating: "a", count: 8000) + "\r\n", count: 9),
            431
        ),
        (
            "another body than its length",
            "GET /v1/daemon HTTP/1.1\r\n\r\n\u{1}", 200
        ),
    ]

    @Test("is refused with its status, and the connection ends", arguments: refused)
    func refusal(what: String, bytes: String, status: Int) throws {
        let fixture = try ServerFixture()
        let text = try fixture.exchange(bytes)
        #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(what)")
        if status != 200 {
            #expect(text.contains(#"{"error":{"code":"#))
            #expect(text.contains("connection: close\r\n"))
            #expect(fixture.backend.requests.isEmpty)
        }
        // The server is as well as before.
        #expect(
            try fixture.exchange("GET /v1/daemon HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.0 200 OK")
        )
    }

    @Test("is refused when its chunks never end")
    func endlessChunks() throws {
        let fixture = try ServerFixture { $0.bodyBytes = 10_000 }
        let client = try fixture.connect()
        let chunk = "3e8\r\n" + String(repeating: "\n", count: 1000) + "\r\n"
        client.send(
            "POST /v1/daemon/reload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: chunk, count: 11)
        )
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 413 "))
        #expect(fixture.backend.requests.isEmpty)
    }

    @Test("is refused when it comes too slowly")
    func slow() throws {
        let fixture = try ServerFixture {
            $0.headDeadline = .milliseconds(100)
            $0.bodyDeadline = .milliseconds(100)
        }
        #expect(try fixture.exchange("GET /v1/dae").hasPrefix("HTTP/1.1 408 "))
        let head = "POST /v1/programs/a/signal HTTP/1.1\r\nContent-Length: 17\r\n\r\n"
        #expect(try fixture.exchange(head + "{").hasPrefix("HTTP/1.1 408 "))
        #expect(fixture.backend.requests.isEmpty)
    }

    @Test("is refused however slowly its bytes keep coming")
    func loris() throws {
        let fixture = try ServerFixture { $0.headDeadline = .milliseconds(200) }
        let client = try fixture.connect()
        client.send("GET /v1/daemon HTTP/1.1\r\nA: ")
        // A byte every ten milliseconds would go on for a minute.
        var sent = 0
        while sent < 6000, !client.hasAnswer(within: 10), client.send("a") { sent += 1 }
        #expect(sent < 6000)
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("does not count when the client goes before its end")
    func half() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        client.send("POST /v1/programs/a/signal HTTP/1.1\r\nContent-Length: 17\r\n\r\n{\"signal\":")
        client.endInput()
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 400 "))
        #expect(fixture.backend.requests.isEmpty)
    }

    @Test("ends a connection that stays silent, and no other")
    func idle() throws {
        let fixture = try ServerFixture { $0.idleDeadline = .milliseconds(100) }
        fixture.backend.hold()
        // On a busy machine a client may be taken for silent before it has said anything.
        var busy = try fixture.connect()
        while fixture.backend.pendingCount == 0 {
            busy = try fixture.connect()
            busy.send("POST /v1/programs/a/start HTTP/1.1\r\n\r\n")
            while fixture.backend.pendingCount == 0, !busy.hasAnswer(within: 10) {}
        }
        #expect(try fixture.connect().receiveAll().isEmpty)
        #expect(try fixture.connect().receiveAll().isEmpty)
        #expect(fixture.backend.pendingCount == 1)
        fixture.backend.release(.daemon(Samples.daemon))
        #expect(busy.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
    }
}
