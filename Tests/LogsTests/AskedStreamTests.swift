// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

@Suite("An output that somebody is to have heard", .timeLimit(.minutes(10)))
struct AskedStreamTests {
    private let logs: LogFixture
    private let told = Box<[String]>([])
    private let id = StreamID(rawValue: 1)

    init() throws {
        logs = try LogFixture()
    }

    private var log: String { text(logs.directory("x.log")) }

    /// Has the FIFO read by the thread, as a manager does that has been started anew.
    private func attach() throws -> Writer {
        let path = logs.directory("fifo")
        let reader = try Fifo.make(path)
        let writer = try Writer(path)
        attach(reader.release())
        return writer
    }

    private func attach(_ reader: Int32) {
        let target = LogTarget.file(LogFileSettings(path: logs.directory("x.log")))
        let told = told
        var treatment = OutputTreatment()
        treatment.asks = { bytes, count in
            told.change { $0.append("\(count) \(String(decoding: bytes, as: UTF8.self))") }
            return true
        }
        logs.thread.post(.attach(id, reader: reader, target, treatment))
    }

    private func heard(_ count: Int) throws {
        let token = LogToken(rawValue: UInt64(1000 + count))
        logs.thread.post(.heard(id, count: count, token))
        try eventually("it to be taken") { logs.heard.all.contains(.drained(token)) }
    }

    @Test("stays in the pipe until then, and goes to the log when it has been")
    func stays() throws {
        let writer = try attach()
        writer.write("READY\n")
        try eventually("the word") { told.value == ["6 READY\n"] }
        writer.write("RESULT 2\nOK")
        try logs.drain(1)
        #expect(told.value == ["6 READY\n"], "one thing after the other")
        #expect(log.isEmpty)
        try heard(6)
        #expect(log == "READY\n")
        try eventually("the next") { told.value.last == "11 RESULT 2\nOK" }
        try heard(11)
        #expect(log == "READY\nRESULT 2\nOK")
        #expect(told.value.count == 2)
    }

    @Test("is heard again by another when who was told has died")
    func again() throws {
        let writer = try attach()
        writer.write("READY\n")
        try eventually("the word") { told.value == ["6 READY\n"] }
        // His thread dies with him, so nothing is closed; here it goes on and hears no more.
        let other = try LogFixture()
        let number = open(logs.directory("fifo"), O_RDWR | O_NONBLOCK | O_CLOEXEC)
        try #require(number >= 0)
        let (path, toldOther) = (other.directory("x.log"), Box<[String]>([]))
        var treatment = OutputTreatment()
        treatment.asks = { bytes, _ in
            toldOther.change { $0.append(String(decoding: bytes, as: UTF8.self)) }
            return true
        }
        other.thread.post(
            .attach(id, reader: number, .file(LogFileSettings(path: path)), treatment)
        )
        try eventually("the same word") { toldOther.value == ["READY\n"] }
        withExtendedLifetime(writer) {}
    }

    @Test("is told to the last word when its process has ended, and is all in the log")
    func ended() throws {
        let writer = try attach()
        writer.write("READY\n")
        try eventually("the word") { told.value.count == 1 }
        writer.write("RESULT 2\nOK")
        let token = LogToken(rawValue: 1)
        logs.thread.post(.ended(id, at: nil, token))
        try eventually("the end") { logs.heard.all.contains(.drained(token)) }
        #expect(told.value == ["6 READY\n", "11 RESULT 2\nOK"])
        #expect(log.isEmpty)
        try heard(6)
        try heard(11)
        #expect(log == "READY\nRESULT 2\nOK")
        writer.write("more\n")
        logs.shutDown()
        #expect(log == "READY\nRESULT 2\nOKmore\n")
    }

    @Test("is told in part where there is too much of it, and all of it goes to the log")
    func long() throws {
        let writer = try attach()
        writer.write([UInt8](repeating: UInt8(ascii: "y"), count: 40_000))
        try eventually("some of it") { !told.value.isEmpty }
        let count = try #require(told.value.first.flatMap { Int($0.prefix { $0 != " " }) })
        #expect(told.value.first?.utf8.count ?? .max <= 6 + (1 << 14))
        try heard(count)
        try eventually("the log") { log.utf8.count >= count }
        logs.shutDown()
        #expect(log.utf8.count == 40_000)
    }
}
