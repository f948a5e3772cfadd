// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Testing

@Suite("A stream", .timeLimit(.minutes(10)))
struct StreamTests {
    static let follow =
        "GET /v1/programs/web/logs/stdout?bytes=10&follow=true HTTP/1.1\r\nHost: x\r\n\r\n"

    private func open(_ fixture: ServerFixture, _ request: String) throws
        -> (RawClient, FakeBackend.Opened)
    {
        let client = try fixture.connect()
        client.send(request)
        _ = eventually { fixture.backend.streams.count == 1 }
        return (client, try #require(fixture.backend.streams.first))
    }

    @Test("is sent in chunks as it comes, and the connection goes on after its end")
    func chunks() throws {
        let fixture = try ServerFixture()
        let (client, stream) = try open(fixture, Self.follow)
        let log = LogSource.program(name: "web", channel: .stdout)
        #expect(stream.request == .log(log, bytes: 10, follow: true))
        stream.receive(.opened)
        let head = client.receive(until: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(head.contains("transfer-encoding: chunked\r\n"))
        stream.receive(.bytes(Array("hello\n".utf8)))
        #expect(client.receive(until: "hello\n\r\n") == "6\r\nhello\n\r\n")
        stream.receive(.ended)
        #expect(client.receive(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
        client.send(RequestTests.get)
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("that is refused has the error's status")
    func refused() throws {
        let fixture = try ServerFixture()
        let (client, stream) = try open(fixture, Self.follow)
        stream.receive(.failed(APIError(.noLogFile, "web has no stdout log")))
        stream.receive(.ended)
        let text = client.receive(until: "}\n")
        #expect(text.hasPrefix("HTTP/1.1 404 "))
        #expect(text.contains("no_log_file"))
        client.send(RequestTests.get)
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("that breaks off does not look like one that ended")
    func broken() throws {
        let fixture = try ServerFixture()
        let (client, stream) = try open(fixture, Self.follow)
        stream.receive(.opened)
        stream.receive(.bytes(Array("hello\n".utf8)))
        stream.receive(.failed(APIError(.failed, "the disk is gone")))
        let text = client.receiveAll()
        #expect(text.contains("hello"))
        #expect(!text.hasSuffix("0\r\n\r\n"))
        #expect(stream.credit.isCancelled)
    }

    @Test("goes to an old client without chunks, up to the end of the connection")
    func old() throws {
        let fixture = try ServerFixture()
        let (client, stream) = try open(
            fixture,
            "GET /v1/daemon/log HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        )
        #expect(stream.request == .log(.daemon, bytes: 1600, follow: false))
        stream.receive(.bytes(Array("hello\n".utf8)))
        stream.receive(.ended)
        let text = client.receiveAll()
        #expect(text.hasPrefix("HTTP/1.0 200 OK\r\n"))
        #expect(text.hasSuffix("\r\n\r\nhello\n"))
    }

    @Test("that nobody reads costs a bounded amount of memory, and says what is missing")
    func slow() throws {
        let fixture = try ServerFixture()
        let (client, stream) = try open(fixture, Self.follow)
        stream.receive(.opened)
        let line = Array((String(repeating: "x", count: 1023) + "\n").utf8)
        var delivered = 0
        var lost = 0
        // A source that minds the credit: what it may not send it counts.
        for _ in 0..<4096 {
            let room = stream.credit.take(line.count)
            if room == line.count {
                stream.receive(.bytes(line))
                delivered += room
            } else {
                stream.credit.giveBack(room)
                stream.receive(.lost(line.count))
                lost += line.count
            }
        }
        #expect(lost > 0)
        #expect(delivered < 2 * 1024 * 1024)
        var text = client.receive(until: "bytes lost")
        stream.receive(.ended)
        text += client.receiveStream()
        #expect(text.components(of: "==> swisord: ") >= 1)
        #expect(text.components(of: " bytes lost: the client was too slow <==\n") >= 1)
        #expect(text.components(of: "x") >= 1)
    }

    @Test("of a source that minds no credit is bounded all the same")
    func rude() throws {
        let fixture = try ServerFixture { $0.streamBytes = 64 * 1024 }
        let (client, stream) = try open(fixture, Self.follow)
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 16 * 1024)
        let count = 1024
        for _ in 0..<count { stream.receive(.bytes(block)) }
        stream.receive(.ended)
        // Nobody reads before the server has dealt with all of it: then it answers others.
        _ = try fixture.exchange("GET /v1/daemon HTTP/1.0\r\n\r\n")
        let text = client.receiveStream()
        #expect(text.utf8.count < count * block.count)
        #expect(text.components(of: " bytes lost: the client was too slow <==\n") >= 1)
    }

    @Test("tells its source when the client has gone")
    func cancelled() throws {
        let fixture = try ServerFixture()
        var client: RawClient?
        let stream: FakeBackend.Opened
        (client, stream) = try open(fixture, Self.follow)
        stream.receive(.opened)
        #expect(client?.receive(until: "\r\n\r\n").isEmpty == false)
        #expect(!stream.credit.isCancelled)
        client = nil
        #expect(eventually { stream.credit.isCancelled })
        stream.receive(.bytes([1]))
        #expect(try fixture.exchange("GET /v1/daemon HTTP/1.0\r\n\r\n").contains(" 200 OK"))
    }

    @Test("of events reaches the client as notes")
    func events() throws {
        let fixture = try ServerFixture()
        let note = EventNote(
            serial: 7,
            type: .processState,
            name: "web",
            group: "web",
            from: "STARTING",
            to: "RUNNING",
            pid: 42,
            at: 1.5
        )
        let backend = fixture.backend
        let bytes = try note.serverSentEvent()
        let source = Worker {
            guard eventually({ backend.streams.count == 1 }) else { return }
            let stream = backend.streams[0]
            stream.receive(.opened)
            stream.receive(.bytes(bytes))
            stream.receive(.lost(99))
            stream.receive(.ended)
        }
        var decoder = ServerSentEventDecoder()
        var events: [ServerSentEvent] = []
        var others: [StreamEvent] = []
        try ControlClient(socketPath: fixture.path).stream(.events(EventSelection())) { event in
            if case .bytes(let bytes) = event {
                events += decoder.feed(bytes)
            } else {
                others.append(event)
            }
            return true
        }
        source.join()
        #expect(others == [.opened, .ended])
        #expect(try EventNote(events[0]) == note)
        #expect(events.last?.event == "lost")
        #expect(events.last?.data == #"{"bytes":99}"#)
    }

    @Test(
        "of events goes on behind the last one that the header names, and else as the address says",
        arguments: [
            ("Last-Event-ID: 7", UInt64(7)), ("Last-Event-ID: seven", 3), ("X-Other: 7", 3),
        ]
    )
    func resumedEvents(header: String, after: UInt64) throws {
        let fixture = try ServerFixture()
        let (_, stream) = try open(
            fixture,
            "GET /v1/events?after=3&types=TICK HTTP/1.1\r\n\(header)\r\n\r\n"
        )
        #expect(stream.request == .events(EventSelection(types: ["TICK"], after: after)))
        stream.receive(.ended)
    }

    @Test("that is refused reaches the client as a failure")
    func refusedToClient() throws {
        let fixture = try ServerFixture()
        let backend = fixture.backend
        let error = APIError(.noSuchProcess, "no", hint: "look")
        let source = Worker {
            guard eventually({ backend.streams.count == 1 }) else { return }
            backend.streams[0].receive(.failed(error))
        }
        var events: [StreamEvent] = []
        let client = ControlClient(socketPath: fixture.path)
        try client.stream(.log(.daemon, bytes: 1, follow: false)) {
            events.append($0)
            return true
        }
        source.join()
        #expect(events == [.failed(error)])
    }

    @Test("can be left by the client at any time")
    func left() throws {
        let fixture = try ServerFixture()
        let backend = fixture.backend
        let source = Worker {
            guard eventually({ backend.streams.count == 1 }) else { return }
            backend.streams[0].receive(.bytes([1, 2, 3]))
        }
        var count = 0
        try ControlClient(socketPath: fixture.path).stream(.events(EventSelection())) { event in
            count += 1
            return event == .opened
        }
        source.join()
        #expect(count == 2)
        #expect(eventually { backend.streams[0].credit.isCancelled })
    }
}
