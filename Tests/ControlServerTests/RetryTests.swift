// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Glibc
import Testing

@Suite("A client with patience", .timeLimit(.minutes(10)))
struct RetryTests {
    private static let patience = Duration.seconds(20)
    private static let short = Duration.milliseconds(300)

    private static func answer(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static let list = answer(#"{"missing":[],"programs":[]}"#)
    private static let done = answer(
        #"{"results":[{"action":"started","group":"a","name":"a"}]}"#
    )
    private static let start = Request.start(Selection(["a"]), wait: true)

    /// The keys that a server was sent, one for each request that had one.
    private func keys(_ server: ScriptedServer) -> [String] {
        server.requests.flatMap { request in
            request.split(separator: "\r\n").filter { $0.hasPrefix("idempotency-key: ") }
                .map { String($0.dropFirst("idempotency-key: ".count)) }
        }
    }

    @Test("asks again when the daemon dies in the midst of an answer, with the same key")
    func repeated() throws {
        let server = try ScriptedServer([
            [""], ["HTTP/1.1 200"], [String(Self.done.dropLast(5))], [Self.done],
        ])
        let client = ControlClient(socketPath: server.path, patience: Self.patience)
        guard case .command(let report) = try client.send(Self.start) else {
            Issue.record("it is no report")
            return
        }
        #expect(report.results.map(\.name) == ["a"])
        server.join()
        let keys = keys(server)
        #expect(keys.count == 4 && Set(keys).count == 1)
        #expect(RequestKey(keys[0]) != nil)
    }

    @Test("gives each request a key of its own, and none to a question")
    func fresh() throws {
        let server = try ScriptedServer([[Self.done, Self.done, Self.list]])
        let client = ControlClient(socketPath: server.path, patience: Self.patience)
        _ = try client.send(Self.start)
        _ = try client.send(Self.start)
        _ = try client.send(.programs(.all))
        server.join()
        #expect(keys(server).count == 2 && Set(keys(server)).count == 2)
    }

    @Test("waits for a daemon that is started again")
    func refused() throws {
        let first = try ScriptedServer([[""]])
        let directory = String(first.path.dropLast(2))
        let starting = Worker {
            first.join()
            let second = try? ScriptedServer([[Self.list]], in: directory)
            second?.join()
        }
        let client = ControlClient(socketPath: first.path, patience: Self.patience)
        #expect(try client.send(.programs(.all)) == .programs(ProgramList(programs: [])))
        starting.join()
    }

    @Test("gives up at last, and at once when there is nothing to wait for")
    func patienceEnds() throws {
        let server = try ScriptedServer([[""]])
        let client = ControlClient(socketPath: server.path, patience: Self.short)
        #expect(throws: ControlClientError.refused(server.path)) { try client.send(Self.start) }
        server.join()
        let patient = ControlClient(socketPath: server.path, patience: Self.patience)
        #expect(throws: ControlClientError.refused(server.path)) { try patient.send(Self.start) }
        let nowhere = ControlClient(socketPath: server.path + "x", patience: Self.patience)
        #expect(throws: ControlClientError.noSuchFile(server.path + "x")) {
            try nowhere.send(Self.start)
        }
    }

    @Test("says so when the socket is kept open and nobody answers")
    func silent() throws {
        let directory = try ServerFixture.makeDirectory()
        let path = directory + "/s"
        defer {
            unlink(path)
            rmdir(directory)
        }
        let kept = ServerFixture.Lines()
        let server = try ControlServer.start(
            path: path,
            backend: FakeBackend(),
            listening: { kept.add("\($0)") },
            log: { _ in }
        )
        let done = Flag()
        server.stop(leavingFile: true) { done.set() }
        #expect(eventually { done.isSet })
        let client = ControlClient(socketPath: path, patience: Self.short)
        #expect(throws: ControlClientError.unanswered(Self.short)) { try client.send(Self.start) }
        for descriptor in kept.all.compactMap({ Int32($0) }) { close(descriptor) }
    }

    @Test("waits for ever for a daemon that lives and takes its time")
    func slow() throws {
        let fixture = try ServerFixture()
        let backend = fixture.backend
        backend.hold(sparing: .daemon)
        let answering = Worker {
            // It has looked whether the daemon lives, and gone on waiting.
            if eventually({ backend.requests.contains(.daemon) }) {
                backend.release(.daemon(Samples.daemon))
            }
        }
        let client = ControlClient(socketPath: fixture.path, patience: .seconds(6))
        #expect(try client.send(Self.start) == .daemon(Samples.daemon))
        #expect(backend.requests.count { $0 == Self.start } == 1)
        answering.join()
    }
}

@Suite("A stream that is followed", .timeLimit(.minutes(10)))
struct FollowedStreamTests {
    private static func chunks(_ text: String, _ headers: String = "") -> String {
        let size = String(text.utf8.count, radix: 16)
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\(headers)\r\n"
        return "\(head)\(size)\r\n\(text)\r\n"
    }

    private func events(
        _ scripts: [[String]],
        follow: Bool = true
    ) throws -> (events: [StreamEvent], requests: [String], error: ControlClientError?) {
        let server = try ScriptedServer(scripts)
        let client = ControlClient(socketPath: server.path, patience: .seconds(20))
        var events: [StreamEvent] = []
        var failure: ControlClientError?
        do throws(ControlClientError) {
            try client.stream(.log(.daemon, bytes: 1024, follow: follow)) {
                events.append($0)
                return true
            }
        } catch {
            failure = error
        }
        server.join()
        return (
            events, server.requests.map { String($0.prefix { $0 != "\r" && $0 != "\r\n" }) },
            failure
        )
    }

    @Test("goes on with what comes after the daemon was started again")
    func resumed() throws {
        let seen = try events([[Self.chunks("one\n")], [""], [Self.chunks("two\n") + "0\r\n\r\n"]])
        #expect(
            seen.events == [
                .opened, .bytes(Array("one\n".utf8)), .resumed, .bytes(Array("two\n".utf8)), .ended,
            ]
        )
        #expect(seen.requests.map { $0.contains("bytes=1024") } == [true, false, false])
        #expect(seen.requests.allSatisfy { $0.contains("follow=true") })
        #expect(seen.error == nil)
    }

    @Test("goes on where it broke off when it knows its place, and else says that there is a gap")
    func position() throws {
        let seen = try events([
            [Self.chunks("one\n", "x-swisord-position: 1.2.30\r\n")],
            [Self.chunks("two\n", "x-swisord-position: 1.2.34\r\n")],
            [
                Self.chunks("six\n", "x-swisord-position: 1.9.0\r\nx-swisord-gap: true\r\n")
                    + "0\r\n\r\n"
            ],
        ])
        let expected: [StreamEvent] = [
            .opened, .bytes(Array("one\n".utf8)), .bytes(Array("two\n".utf8)), .resumed,
            .bytes(Array("six\n".utf8)), .ended,
        ]
        #expect(seen.events == expected)
        #expect(seen.requests.count == 3)
        #expect(seen.requests.dropFirst().first?.contains("from=1.2.30.4") == true)
        #expect(seen.requests.last?.contains("from=1.2.34.4") == true)
        #expect(seen.error == nil)
    }

    @Test("is lost where it was to have an end of its own")
    func lost() throws {
        let seen = try events([[Self.chunks("one\n")]], follow: false)
        #expect(seen.events == [.opened, .bytes(Array("one\n".utf8))])
        #expect(seen.error == .connectionLost)
    }
}

@Suite("The key of a request", .timeLimit(.minutes(10)))
struct RequestKeyTests {
    private func post(_ fixture: ServerFixture, _ headers: String) throws -> String {
        try fixture.exchange(
            "POST /v1/programs/a/start HTTP/1.1\r\n\(headers)Connection: close\r\n\r\n"
        )
    }

    @Test("reaches the daemon with what is to be done, and not with a question")
    func passed() throws {
        let fixture = try ServerFixture()
        let text = "0123456789abcdefFEDCBA9876543210"
        _ = try post(fixture, "Idempotency-Key: \(text)\r\n")
        _ = try post(fixture, "")
        _ = try fixture.exchange(
            "GET /v1/daemon HTTP/1.1\r\nIdempotency-Key: \(text)\r\nConnection: close\r\n\r\n"
        )
        #expect(fixture.backend.keys == [RequestKey(text), nil, nil])
        #expect(RequestKey(text)?.text == text.lowercased())
    }

    @Test(
        "is refused when it is none",
        arguments: [
            "", "0", String(repeating: "g", count: 32), String(repeating: "0", count: 33),
            "+" + String(repeating: "0", count: 31),
        ]
    )
    func refused(text: String) throws {
        let fixture = try ServerFixture()
        let answer = try post(fixture, "Idempotency-Key: \(text)\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400"))
        #expect(fixture.backend.requests.isEmpty)
    }

    @Test("is refused when there are two")
    func twice() throws {
        let fixture = try ServerFixture()
        let line = "Idempotency-Key: \(RequestKey.random().text)\r\n"
        #expect(try post(fixture, line + line).hasPrefix("HTTP/1.1 400"))
        #expect(fixture.backend.requests.isEmpty)
    }
}
