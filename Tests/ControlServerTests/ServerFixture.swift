// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Glibc
import Synchronization

/// A server on a socket in a directory of its own, which goes when the test is over.
final class ServerFixture {
    let directory: String
    let path: String
    let backend: FakeBackend
    let server: ControlServer
    private let lines: Lines

    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    init(
        backend: FakeBackend = FakeBackend(),
        _ configure: (inout ControlLimits) -> Void = { _ in }
    ) throws {
        directory = try Self.makeDirectory()
        path = directory + "/control.sock"
        self.backend = backend
        var limits = ControlLimits()
        configure(&limits)
        let lines = Lines()
        self.lines = lines
        server = try ControlServer.start(path: path, backend: backend, limits: limits) {
            lines.add($0)
        }
    }

    deinit {
        server.stop()
        unlink(path)
        rmdir(directory)
    }

    var log: [String] { lines.all }

    static func makeDirectory() throws -> String {
        var template = Array("/tmp/swisord-control-XXXXXX".utf8CString)
        guard let name = mkdtemp(&template) else {
            throw RawClient.Failure(what: "mkdtemp", code: errno)
        }
        return String(cString: name)
    }

    func connect() throws -> RawClient { try RawClient(path: path) }

    /// Sends bytes on a new connection and answers all that comes until it is closed.
    func exchange(_ text: String) throws -> String {
        let client = try connect()
        client.send(text)
        return client.receiveAll()
    }
}

/// Waits until something is so; false when it is not after a minute.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<30_000 {
        if condition() { return true }
        usleep(2000)
    }
    return condition()
}
