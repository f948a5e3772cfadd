// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Glibc
import Testing

@Suite("The control socket", .timeLimit(.minutes(10)))
struct SocketTests {
    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : nil
    }

    private func inode(_ path: String) -> ino_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_ino : nil
    }

    private func works(_ fixture: ServerFixture) -> Bool {
        let answer = try? fixture.exchange("GET /v1/daemon HTTP/1.0\r\n\r\n")
        return answer?.hasPrefix("HTTP/1.0 200 OK") == true
    }

    @Test("is for its owner alone, and leaves nothing beside it")
    func rights() throws {
        let fixture = try ServerFixture()
        #expect(mode(fixture.path) == S_IFSOCK | 0o600)
        #expect(mode(fixture.directory + "/.control.sock.new") == nil)
    }

    @Test("takes the place of one that a dead daemon left")
    func stale() throws {
        let directory = try ServerFixture.makeDirectory()
        let path = directory + "/s"
        defer { rmdir(directory) }
        let first = try ControlServer.start(path: path, backend: FakeBackend()) { _ in }
        let old = inode(path)
        let second = try ControlServer.start(path: path, backend: FakeBackend()) { _ in }
        let new = inode(path)
        #expect(new != old)
        let client = ControlClient(socketPath: path)
        #expect(try client.send(.daemon) == .daemon(Samples.daemon))
        // The first one does not take the second one's file with it.
        let done = Flag()
        first.stop { done.set() }
        #expect(eventually { done.isSet })
        _ = try client.send(.daemon)
        #expect(inode(path) == new)
        second.stop()
        #expect(eventually { mode(path) == nil })
    }

    @Test("is refused a place where something else is, or no room")
    func occupied() throws {
        let directory = try ServerFixture.makeDirectory()
        let path = directory + "/file"
        defer {
            unlink(path)
            rmdir(directory)
        }
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        func start(_ path: String) throws {
            _ = try ControlServer.start(path: path, backend: FakeBackend()) { _ in }
        }
        #expect(throws: ControlServerError.occupied(path)) { try start(path) }
        #expect(throws: ControlServerError.occupied(directory)) { try start(directory) }
        #expect(throws: ControlServerError.self) { try start(directory + "/none/s") }
        let long = directory + "/" + String(repeating: "s", count: 108)
        #expect(throws: ControlServerError.pathTooLong(long)) { try start(long) }
    }

    @Test("may have the longest path that there is")
    func longest() throws {
        let directory = try ServerFixture.makeDirectory()
        defer { rmdir(directory) }
        let name = String(repeating: "s", count: 107 - directory.utf8.count - 1)
        let path = directory + "/" + name
        let server = try ControlServer.start(path: path, backend: FakeBackend()) { _ in }
        #expect(try ControlClient(socketPath: path).send(.daemon) == .daemon(Samples.daemon))
        server.stop()
        #expect(eventually { mode(path) == nil })
    }

    @Test("comes back when its file is removed, and open connections go on")
    func removed() throws {
        let fixture = try ServerFixture()
        let client = try fixture.connect()
        for _ in 0..<3 {
            unlink(fixture.path)
            #expect(eventually { mode(fixture.path) == S_IFSOCK | 0o600 })
            #expect(works(fixture))
        }
        client.send(RequestTests.get)
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
        #expect(fixture.log.contains { $0.hasSuffix("was removed, and is there again") })
        fixture.server.ensureSocketExists()
        #expect(works(fixture))
    }

    @Test("is gone after a stop, once pending answers have had their time")
    func stopped() throws {
        let fixture = try ServerFixture { $0.stopDeadline = .seconds(100) }
        fixture.backend.hold()
        let idle = try fixture.connect()
        let late = try fixture.connect()
        late.send(RequestTests.get)
        #expect(eventually { fixture.backend.pendingCount == 1 })
        let done = Flag()
        fixture.server.stop { done.set() }
        #expect(eventually { mode(fixture.path) == nil })
        #expect(idle.receiveAll().isEmpty)
        fixture.backend.release(.daemon(Samples.daemon))
        let text = late.receiveAll()
        #expect(text.hasPrefix("HTTP/1.1 200 OK") && text.contains("connection: close\r\n"))
        #expect(eventually { done.isSet })
        fixture.server.stop()
    }

    @Test("does not wait for an answer that never comes")
    func stoppedWithoutAnswer() throws {
        let fixture = try ServerFixture()
        fixture.backend.hold()
        let client = try fixture.connect()
        client.send(RequestTests.get)
        #expect(eventually { fixture.backend.pendingCount == 1 })
        let done = Flag()
        fixture.server.stop { done.set() }
        #expect(eventually { done.isSet })
        #expect(client.receiveAll().isEmpty)
    }

    @Test("tells a client why it cannot be reached")
    func unreachable() throws {
        let directory = try ServerFixture.makeDirectory()
        let path = directory + "/s"
        defer {
            unlink(path)
            rmdir(directory)
        }
        let client = ControlClient(socketPath: path)
        #expect(throws: ControlClientError.noSuchFile(path)) { try client.send(.daemon) }
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: ControlClientError.refused(path)) { try client.send(.daemon) }
    }

    @Test("lets a client give up waiting, and ask again")
    func timeout() throws {
        let fixture = try ServerFixture()
        fixture.backend.hold()
        let client = ControlClient(socketPath: fixture.path)
        #expect(throws: ControlClientError.timedOut) {
            try client.send(.daemon, timeout: .milliseconds(50))
        }
        let backend = fixture.backend
        let answering = Worker {
            if eventually({ backend.pendingCount == 2 }) {
                backend.release(.daemon(Samples.daemon))
            }
        }
        #expect(try client.send(.daemon) == .daemon(Samples.daemon))
        answering.join()
    }
}
