// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import NIOCore
import Testing

@testable import ControlServer

@Suite("The server by TCP", .timeLimit(.minutes(10)))
struct NetworkTests {
    private struct Port {
        let fixture: ServerFixture
        let number: Int

        /// What comes back for a request with these headers, to the end of the connection.
        func ask(
            _ method: String = "GET",
            _ target: String = "/v1/daemon",
            _ headers: String...
        ) throws -> String {
            let client = try RawClient(port: number)
            let lines = ["\(method) \(target) HTTP/1.1", "Connection: close"] + headers
            client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
            return client.receiveAll()
        }
    }

    private static let right = "Authorization: " + Login(user: "josh", password: "pä:ss").header

    /// A port is free when it is looked for, and may be taken before it is used.
    private func serve(open: Bool = false, names: Set<String> = []) throws -> Port {
        let fixture = try ServerFixture()
        for _ in 0..<20 {
            let port = try RawClient.freePort()
            var access = NetworkAccess(address: "127.0.0.1", port: port, names: names)
            if !open { access.user = ("josh", StoredPassword("pä:ss")) }
            do {
                try fixture.server.serve(access, backend: fixture.backend) { _ in }
                return Port(fixture: fixture, number: port)
            } catch { continue }
        }
        throw RawClient.Failure(what: "bind", code: EADDRINUSE)
    }

    @Test("serves whoever knows the password, and tells the daemon who that is")
    func password() throws {
        let port = try serve()
        #expect(try port.ask("GET", "/v1/daemon", "Host: x.y", Self.right).contains(" 403 "))
        let answer = try port.ask("GET", "/v1/daemon", "Host: localhost:1", Self.right)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(port.fixture.backend.peers == [.remote(user: "josh", address: "127.0.0.1")])
    }

    @Test(
        "refuses everybody else, and says what is missing",
        arguments: [
            "X: y", "Authorization: Basic Og==", "Authorization: Basic", "Authorization: Basic !",
            "Authorization: Bearer x", "Authorization: Basic am9zaA==",
            "Authorization: " + Login(user: "josh", password: "pä:s").header,
            "Authorization: " + Login(user: "Josh", password: "pä:ss").header,
            "Authorization: " + Login(user: "josh", password: "").header,
        ]
    )
    func refused(header: String) throws {
        let port = try serve()
        let answer = try port.ask("GET", "/v1/daemon", header)
        #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
        #expect(answer.lowercased().contains("www-authenticate: basic realm="))
        #expect(port.fixture.backend.peers.isEmpty)
    }

    @Test("asks for nothing where it is open, and takes no notice of what it is told")
    func open() throws {
        let port = try serve(open: true)
        #expect(try port.ask().contains(" 200 OK"))
        let header = "Authorization: Basic Og=="
        #expect(try port.ask("GET", "/v1/daemon", header).contains(" 200 OK"))
    }

    @Test(
        "answers to addresses, to localhost and to its names alone",
        arguments: [
            ("", true), ("localhost", true), ("LOCALHOST:9001", true), ("127.0.0.1:80", true),
            ("[::1]:9001", true), ("box.lan:9001", true), ("10.1.2.3", true),
            ("evil.example", false),
            ("localhost.evil.example", false), ("127.0.0.1.evil.example:9001", false),
            ("[::1", false), ("[evil.example]", false),
        ]
    )
    func host(name: String, isKnown: Bool) throws {
        let port = try serve(open: true, names: ["box.lan"])
        let answer = try port.ask("GET", "/v1/daemon", "Host: \(name)")
        #expect(answer.contains(isKnown ? " 200 OK" : " 403 "), "\(answer)")
    }

    @Test(
        "carries nothing out that a page in a browser could send",
        arguments: [
            ("Content-Type: text/plain", false), ("Content-Type: application/json", true),
            ("Content-Type: text/xml; charset=utf-8", true), ("X: y", false),
            ("Content-Type: application/x-www-form-urlencoded", false),
            ("X-Requested-With: curl", true),
            ("Idempotency-Key: 00112233445566778899aabbccddeeff", true),
            ("Content-Type: application/json\r\nOrigin: http://evil.example", false),
            ("Content-Type: application/json\r\nOrigin: null", false),
            ("Content-Type: application/json\r\nOrigin: http://localhost:5", true),
            ("Content-Type: application/json\r\nSec-Fetch-Site: cross-site", false),
        ]
    )
    func forgery(headers: String, isTaken: Bool) throws {
        let port = try serve(open: true)
        let answer = try port.ask(
            "POST",
            "/v1/daemon/reopen-logs",
            "Host: localhost:5",
            "Content-Length: 0",
            headers
        )
        #expect(answer.contains(isTaken ? " 200 OK" : " 403 "), "\(answer)")
        #expect(port.fixture.backend.peers.isEmpty == !isTaken)
        #expect(!answer.lowercased().contains("access-control"))
    }

    @Test("shuts out an address that has guessed too often, with the right password too")
    func guesses() throws {
        let port = try serve()
        let wrong = "Authorization: " + Login(user: "josh", password: "x").header
        for _ in 0..<FailedLogins.mostOfOne {
            #expect(try port.ask("GET", "/v1/daemon", wrong).contains(" 401 "))
        }
        #expect(try port.ask("GET", "/v1/daemon", wrong).contains(" 429 "))
        #expect(try port.ask("GET", "/v1/daemon", Self.right).contains(" 429 "))
    }

    @Test("lets an address in again after a while, and forgives who knows the password")
    func forgiveness() {
        var failures = FailedLogins()
        let start = NIODeadline.now()
        func isOut(_ address: String, _ now: NIODeadline) -> Bool {
            failures.isLockedOut(address, at: now)
        }
        for _ in 0..<FailedLogins.mostOfOne - 1 { failures.failed("a", at: start) }
        #expect(!isOut("a", start))
        failures.succeeded("a")
        failures.failed("a", at: start)
        #expect(!isOut("a", start))
        for _ in 0..<FailedLogins.mostOfOne { failures.failed("b", at: start) }
        #expect(isOut("b", start))
        #expect(!isOut("b", start + .seconds(61)))
        for number in 0..<FailedLogins.mostOfAll { failures.failed("c\(number)", at: start) }
        #expect(isOut("new", start), "there were too many in all")
        #expect(!isOut("a", start), "who is known is not in their way")
    }

    @Test("is taken over by the next daemon with those who wait in it")
    func adoption() throws {
        let port = try RawClient.freePort()
        let socket = try NetworkSocket(address: "127.0.0.1", port: port)
        let waiting = try RawClient(port: port)
        waiting.send("GET /v1/daemon HTTP/1.1\r\nConnection: close\r\n\r\n")
        let fixture = try ServerFixture()
        let access = NetworkAccess(address: "127.0.0.1", port: port)
        try fixture.server.serve(access, adopting: socket.descriptor, backend: fixture.backend) {
            _ in
        }
        #expect(waiting.receiveAll().contains(" 200 OK"))
    }

    @Test("says which port it cannot have")
    func taken() throws {
        let port = try RawClient.freePort()
        let holder = try NetworkSocket(address: "127.0.0.1", port: port)
        defer { close(holder.descriptor) }
        let fixture = try ServerFixture()
        let error = #expect(throws: ControlServerError.self) {
            try fixture.server.serve(
                NetworkAccess(address: "127.0.0.1", port: port),
                backend: fixture.backend
            ) { _ in }
        }
        #expect(error?.description.contains("bind 127.0.0.1:\(port)") == true)
    }

    @Test("answers the client of swisordctl, by host and port and with a password")
    func client() throws {
        let port = try serve()
        let url = "http://localhost:\(port.number)"
        let address = try #require(
            ClientAddress(url: url, login: Login(user: "josh", password: "pä:ss"))
        )
        #expect(try ControlClient(address).send(.daemon) == .daemon(Samples.daemon))
        let nobody = try #require(ClientAddress(url: url))
        guard case .failure(let error) = try ControlClient(nobody).send(.daemon) else {
            Issue.record("it was let in")
            return
        }
        #expect(error.code == .unauthorized)
    }
}

@Suite("A password")
struct PasswordTests {
    @Test(
        "has the digest that the standard gives",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1000),
                "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
            ),
        ]
    )
    func digest(text: String, digest: String) {
        let hex = SHA256.digest(of: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(hex.joined() == digest)
    }

    @Test("is no other, whichever bytes of the two digests are alike")
    func others() {
        #expect(SHA256.isSame([0, 1], [0, 1]))
        #expect(!SHA256.isSame([0, 1], [1, 1]))
        #expect(!SHA256.isSame([0, 1], [0, 0]))
        #expect(!SHA256.isSame([0, 1], [0]))
        let secret = StoredPassword("secret")
        let accepted = (0..<4096).filter { secret.isSame(as: "guess \($0)") }
        #expect(accepted.isEmpty)
        #expect(secret.isSame(as: "secret"))
    }

    @Test("is the first line of a file, or a digest of it with salt")
    func stored() throws {
        let plain = try #require(StoredPassword(file: "pa ss\nmore"))
        #expect(plain.isSame(as: "pa ss"))
        #expect(!plain.isSame(as: "pa ss\nmore"))
        // printf %s saltabc | sha256sum
        let digest = "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
        let salted = String(repeating: "a", count: 400)
        let stored = try #require(StoredPassword(file: "sha256:\(salted):\(digest)\n"))
        #expect(stored.isSame(as: String(repeating: "a", count: 600)))
        #expect(!stored.isSame(as: String(repeating: "a", count: 601)))
    }

    @Test(
        "is not there in an empty line or a broken digest",
        arguments: ["", "\n", "sha256:", "sha256:salt:", "sha256:salt:12", "sha256::00"]
    )
    func broken(text: String) {
        #expect(StoredPassword(file: text) == nil)
    }

    @Test("comes out of its header as it went in", arguments: ["", "a", "ab", "abc", "ä:b::c"])
    func header(password: String) {
        let login = Login(user: "josh", password: password)
        #expect(Login(header: login.header) == login)
    }

    @Test(
        "is in no other header",
        arguments: [
            "", "Basic", "Basic a", "Basic ====", "Basic YQ==", "Digest YTpi", "Basic /w==",
        ]
    )
    func noHeader(text: String) {
        #expect(Login(header: text) == nil)
    }
}
