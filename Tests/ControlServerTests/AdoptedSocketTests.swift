// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import ControlServer
import Glibc
import Synchronization
import Testing

@Suite("A control socket that was kept", .timeLimit(.minutes(10)))
final class AdoptedSocketTests {
    private let directory: String
    private let path: String
    private let kept = Kept()
    private let watches = Kept()

    /// The descriptors that were handed out.
    private final class Kept: Sendable {
        private let all = Mutex<[Int32]>([])
        func add(_ descriptor: Int32) { all.withLock { $0.append(descriptor) } }
        var last: Int32? { all.withLock { $0.last } }
        var count: Int { all.withLock { $0.count } }
        deinit { all.withLock { $0.forEach { close($0) } } }
    }

    init() throws {
        directory = try ServerFixture.makeDirectory()
        path = directory + "/s"
    }

    deinit {
        unlink(path)
        rmdir(directory)
    }

    private func start(
        adopting descriptor: Int32? = nil,
        watch: Int32? = nil,
        _ backend: FakeBackend = FakeBackend(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> ControlServer {
        let kept = kept
        let watches = watches
        return try ControlServer.start(
            adopting: descriptor,
            watch: watch,
            path: path,
            backend: backend,
            listening: { kept.add($0) },
            watching: { watches.add($0) },
            log: log
        )
    }

    /// What was handed out last, as a daemon that begins gets it from whoever keeps it.
    private func last() throws -> Int32 {
        dup(try #require(kept.last))
    }

    private func inode() -> ino_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_ino : nil
    }

    /// Ends a server as a crash would, as far as its socket is concerned.
    private func end(_ server: consuming ControlServer) {
        let done = Flag()
        server.stop(leavingFile: true) { done.set() }
        #expect(eventually { done.isSet })
    }

    @Test("lets clients wait while nobody serves, and has them answered by the next")
    func waiting() throws {
        end(try start())
        let old = inode()
        let client = try RawClient(path: path)
        client.send(RequestTests.get)
        let second = try start(adopting: try last())
        #expect(client.receive(until: "}\n").hasPrefix("HTTP/1.1 200 OK"))
        #expect(inode() == old)
        // It knows its file again.
        second.stop()
        #expect(eventually { inode() == nil })
    }

    @Test("is made anew, and told, when its file was removed or replaced meanwhile")
    func replaced() throws {
        for isReplaced in [false, true] {
            end(try start())
            let descriptor = try last()
            unlink(path)
            if isReplaced { end(try start()) }
            let log = ServerFixture.Lines()
            let server = try start(adopting: descriptor) { log.add($0) }
            #expect(log.all == ["\(path): is not the one that was kept; made anew"])
            #expect(try ControlClient(socketPath: path).send(.daemon) == .daemon(Samples.daemon))
            end(server)
        }
    }

    @Test("is handed out again when the file was removed and made anew")
    func madeAgain() throws {
        let first = try start()
        #expect(kept.count == 1)
        unlink(path)
        #expect(eventually { kept.count == 2 })
        end(first)
        let second = try start(adopting: try last()) { Issue.record("\($0)") }
        #expect(try ControlClient(socketPath: path).send(.daemon) == .daemon(Samples.daemon))
        end(second)
    }

    @Test("is watched on with what watched it before")
    func watchedOn() throws {
        end(try start())
        let watch = dup(try #require(watches.last))
        let second = try start(adopting: try last(), watch: watch) { _ in }
        #expect(watches.count == 2)
        unlink(path)
        #expect(eventually { inode() != nil })
        #expect(try ControlClient(socketPath: path).send(.daemon) == .daemon(Samples.daemon))
        end(second)
        // What is no watch is none for the next either, and does no harm.
        let text = ServerFixture.Lines()
        let third = try start(
            adopting: try last(),
            watch: open("/dev/null", O_RDONLY | O_CLOEXEC)
        ) { text.add($0) }
        #expect(text.all == ["\(path): cannot be watched; if it is removed it stays away"])
        end(third)
    }

    @Test("is nothing that does not listen")
    func foreign() throws {
        end(try start())
        let server = try start(adopting: open("/dev/null", O_RDONLY | O_CLOEXEC))
        #expect(try ControlClient(socketPath: path).send(.daemon) == .daemon(Samples.daemon))
        end(server)
    }
}
