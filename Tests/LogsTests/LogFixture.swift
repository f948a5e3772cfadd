// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Synchronization
import Testing

@testable import Logs

/// A condition that a test waited for and that did not come about.
struct Timeout: Error, CustomStringConvertible {
    let awaited: String
    var description: String { "waited in vain for \(awaited)" }
}

/// Looks again until the condition holds; the deadline only ends a test that fails.
func eventually(
    _ awaited: String,
    within limit: Duration = .seconds(120),
    _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw Timeout(awaited: awaited) }
        usleep(500)
    }
}

/// A directory of a test's own, removed with it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/swisord-logs-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    }

    deinit {
        remove(path)
    }

    private func remove(_ path: String) {
        for name in names(path) { remove("\(path)/\(name)") }
        if rmdir(path) != 0 { unlink(path) }
    }

    /// What is in the directory, sorted.
    func names(_ path: String? = nil) -> [String] {
        guard let directory = opendir(path ?? self.path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}

/// All bytes of a file; empty when there is none.
func contents(_ path: String) -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    defer { close(number) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(number, &buffer, buffer.count)
        guard count > 0 else { return bytes }
        bytes += buffer.prefix(count)
    }
}

func text(_ path: String) -> String { String(decoding: contents(path), as: UTF8.self) }

/// The program's end of a FIFO, blocking as a program's is.
final class Writer {
    let number: Int32

    init(_ path: String) throws {
        number = open(path, O_RDWR | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.last("open", path) }
    }

    deinit { close(number) }

    /// How much the pipe holds (F_GETPIPE_SZ).
    var capacity: Int32 { fcntl(number, 1032) }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// A log thread, what it has told, and streams to feed it by.
final class LogFixture {
    /// What crosses from the log thread to the test.
    final class Heard: Sendable {
        private let notices = Mutex<[LogNotice]>([])

        func note(_ notice: LogNotice) { notices.withLock { $0.append(notice) } }
        var all: [LogNotice] { notices.withLock { $0 } }
    }

    let directory: TemporaryDirectory
    let heard: Heard
    let thread: LogThread
    private var nextToken: UInt64 = 0
    private var isRunning = true

    init() throws {
        directory = try TemporaryDirectory()
        let heard = Heard()
        self.heard = heard
        thread = try LogThread(name: "log-test") { heard.note($0) }
    }

    deinit { shutDown() }

    /// Ends the thread, once.
    func shutDown() {
        guard isRunning else { return }
        isRunning = false
        thread.post(.shutdown)
        thread.join()
    }

    /// Attaches a new stream and gives the program's end of it.
    func attach(_ id: Int, _ target: LogTarget, isNew: Bool = true) throws -> Writer {
        let path = directory("fifo.\(id)")
        let reader = try Fifo.make(path)
        let writer = try Writer(path)
        thread.post(
            .attach(StreamID(rawValue: id), reader: reader.release(), target, isNew: isNew)
        )
        return writer
    }

    /// Waits until all that was written is where it belongs.
    func drain(_ id: Int) throws {
        nextToken += 1
        let token = LogToken(rawValue: nextToken)
        thread.post(.drain(StreamID(rawValue: id), token))
        try eventually("drained") { heard.all.contains(.drained(token)) }
    }

    func clear(_ id: Int) throws {
        nextToken += 1
        let token = LogToken(rawValue: nextToken)
        thread.post(.clear(StreamID(rawValue: id), token))
        try eventually("cleared") { heard.all.contains(.cleared(token, error: nil)) }
    }

    func tail(_ id: StreamID, bytes: Int) throws -> Result<[UInt8], LogReadError> {
        let answer = Box<Result<[UInt8], LogReadError>?>(nil)
        thread.post(.readTail(id, bytes: bytes) { answer.set($0) })
        try eventually("a tail") { answer.value != nil }
        return try #require(answer.value)
    }

    /// What the daemon was told about a stream: all that was lost, and what was wrong last.
    func trouble(_ id: Int) -> (lost: UInt64, text: String?)? {
        var told: (lost: UInt64, text: String?)?
        for case .trouble(StreamID(rawValue: id), let lost, let text) in heard.all {
            told = ((told?.lost ?? 0) + lost, text)
        }
        return told
    }
}

/// A value that one thread sets and another looks at.
final class Box<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }
    func set(_ value: Value) { state.withLock { $0 = value } }
    func change(_ body: @Sendable (inout Value) -> Void) { state.withLock { body(&$0) } }
}

/// Random numbers that a seed brings back (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
