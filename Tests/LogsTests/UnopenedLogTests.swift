// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

@Suite("A log that nothing is written to", .timeLimit(.minutes(10)))
struct UnopenedLogTests {
    private let logs: LogFixture

    init() throws {
        logs = try LogFixture()
    }

    private func file(_ name: String) -> LogTarget {
        .file(LogFileSettings(path: logs.directory(name)))
    }

    @Test("is made before its process runs, and soon where it has run for long")
    func isMade() throws {
        var writers = [try logs.attach(0, file("new.log"))]
        // What is asked after it is answered after it.
        try logs.drain(999)
        #expect(logs.directory.names().contains("new.log"))
        for id in 1...50 { writers.append(try logs.attach(id, file("\(id).log"), isNew: false)) }
        try eventually("all logs") {
            logs.directory.names().filter { $0.hasSuffix(".log") }.count == 51
        }
        for id in 1...50 { #expect(logs.trouble(id) == nil) }
    }

    @Test("takes no descriptor, also after logs have been renamed")
    func isClosed() throws {
        let silent = try logs.attach(1, file("silent.log"), isNew: false)
        let loud = try logs.attach(2, file("loud.log"), isNew: false)
        loud.write("a line\n")
        try logs.drain(2)
        try eventually("the log") { logs.directory.names().contains("silent.log") }
        try eventually("the look to be over") { openLogs == ["loud.log"] }
        rename(logs.directory("silent.log"), logs.directory("old.log"))
        logs.thread.post(.reopen(LogToken(rawValue: 0)))
        try eventually("a new log") { logs.directory.names().contains("silent.log") }
        try eventually("the look to be over") { openLogs == ["loud.log"] }
        withExtendedLifetime((silent, loud)) {}
    }

    /// The logs that this process has open.
    private var openLogs: Set<String> {
        let numbers = logs.directory.names("/proc/self/fd")
        var buffer = [UInt8](repeating: 0, count: 4096)
        let prefix = logs.directory("")
        return Set(
            numbers.compactMap { number in
                let count = readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
                let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
                guard path.hasPrefix(prefix), path.hasSuffix(".log") else { return nil }
                return String(path.dropFirst(prefix.count))
            }
        )
    }

    @Test("is told to be in trouble, all the same, whoever shares it")
    func trouble() throws {
        let first = try logs.attach(1, file("missing/x.log"), isNew: false)
        let second = try logs.attach(2, file("missing/x.log"), isNew: false)
        let told = "open \(logs.directory("missing/x.log")): No such file or directory"
        try eventually("the trouble") {
            logs.trouble(1)?.text == told && logs.trouble(2)?.text == told
        }
        withExtendedLifetime((first, second)) {}
    }

    @Test("is read as what it holds, at once")
    func isRead() throws {
        let number = creat(logs.directory("x.log"), 0o600)
        #expect(write(number, "before\n", 7) == 7)
        close(number)
        let writer = try logs.attach(1, file("x.log"), isNew: false)
        let tail = try logs.tail(StreamID(rawValue: 1), bytes: 100)
        #expect(try tail.get() == Array("before\n".utf8))
        withExtendedLifetime(writer) {}
    }

    @Test("come a few at a time, once nothing new has come for a moment")
    func order() throws {
        var unopened = UnopenedLogs()
        let start = Instant(nanoseconds: 0)
        #expect(unopened.due == nil)
        for id in 0..<20 { unopened.add(StreamID(rawValue: id), at: start) }
        let later = start.advanced(by: .milliseconds(10))
        unopened.add(StreamID(rawValue: 20), at: later)
        let due = try #require(unopened.due)
        #expect(due > later)
        #expect(unopened.take(at: later).isEmpty)
        var taken: [Int] = []
        while unopened.due != nil {
            let some = unopened.take(at: due)
            #expect(!some.isEmpty && some.count < 20)
            taken += some.map(\.rawValue)
        }
        #expect(taken == Array(0...20))
    }
}
