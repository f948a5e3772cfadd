// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@testable import swisordctl

/// A folder that is gone with the test.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/swisordctl.XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }
        }
        path = try #require(made.map { String(cString: $0) })
    }

    deinit {
        removeTree(path)
    }
}

private func removeTree(_ path: String) {
    if let folder = opendir(path) {
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { removeTree(path + "/" + name) }
        }
    }
    remove(path)
}

@Suite("What touches the machine")
struct KernelTests {
    @Test(
        "A socket that is not there, or that nobody listens on, is told apart",
        .timeLimit(.minutes(10))
    )
    func sockets() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s.sock"
        func failure() -> ConnectionFailure? {
            let connection = ControlConnection(to: Endpoint(url: "unix://" + path), .path(path))
            do throws(ConnectionFailure) {
                _ = try connection.send(.daemon)
                return nil
            } catch {
                return error
            }
        }
        #expect(failure() == .noSuchFile)

        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        #expect(failure() == .refused)
    }

    @Test("The history file and its folders are for their owner only", .timeLimit(.minutes(10)))
    func history() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/state/swisord/history"
        #expect(HistoryFile.prepare(path))
        func mode(_ path: String) -> mode_t {
            var information = stat()
            return stat(path, &information) == 0 ? information.st_mode & 0o777 : 0
        }
        #expect(mode(path) == 0o600)
        #expect(mode(folder.path + "/state/swisord") == 0o700)
        chmod(path, 0o644)
        #expect(HistoryFile.prepare(path))
        #expect(mode(path) == 0o600)
        #expect(!HistoryFile.prepare("/proc/nope/history"))
    }

    @Test(
        "Lines from a pipe come whole, the last one without a line end too",
        .timeLimit(.minutes(10))
    )
    func plainLines() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let text = Array("status\n\npid a\nexit".utf8)
        #expect(write(ends[1], text, text.count) == text.count)
        close(ends[1])
        let lines = PlainLines(descriptor: ends[0])
        let read = (0..<5).map { _ in lines.next(prompt: "> ") }
        #expect(read == ["status", "", "pid a", "exit", nil])
    }
}

@Suite("Progress on a terminal")
struct ProgressTests {
    @Test("rewrites one line and takes it away")
    func line() {
        let paper = Paper()
        let progress = Progress("comsol: stopping", on: paper)
        #expect(progress.show(3))
        #expect(progress.show(4))
        progress.end()
        #expect(
            paper.text
                == "\rcomsol: stopping… 3 s\u{1b}[K\rcomsol: stopping… 4 s\u{1b}[K\r\u{1b}[K"
        )
    }

    @Test("shows nothing of a short wait, and nothing once the wait is over")
    func over() {
        let paper = Paper()
        let progress = Progress("x", on: paper)
        progress.end()
        #expect(!progress.show(1))
        #expect(paper.text == "")
    }

    @Test("shows nothing where standard output is no terminal")
    func noTerminal() {
        let output = Paper()
        let terminal = Terminal(output: output, errors: Paper(), traits: .init())
        terminal.line("first")
        let value = terminal.waiting(for: "x") { 7 }
        #expect(value == 7)
        #expect(output.text == "first\n")
    }
}
