// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

@Suite("An output that is looked at", .timeLimit(.minutes(10)))
struct TreatedStreamTests {
    private let logs: LogFixture
    private let told = Box<[String]>([])
    private let id = StreamID(rawValue: 1)

    init() throws {
        logs = try LogFixture()
    }

    private func attach() throws -> Writer {
        let path = logs.directory("fifo")
        let reader = try Fifo.make(path)
        let writer = try Writer(path)
        let target = LogTarget.file(LogFileSettings(path: logs.directory("x.log"), maxBytes: 0))
        let told = told
        let treatment = OutputTreatment(
            stripsEscapes: true,
            capture: .init(limit: 1000) { bytes, run in
                let text = String(decoding: bytes, as: UTF8.self)
                told.change { $0.append("\(run ?? 0) \(text)") }
            },
            run: 5
        )
        logs.thread.post(.attach(id, reader: reader.release(), target, treatment))
        return writer
    }

    private func end() {
        logs.thread.post(.ended(id, at: nil, LogToken(rawValue: 99)))
    }

    @Test("keeps what one run had begun apart from what the next one writes")
    func runs() throws {
        let writer = try attach()
        writer.write("a<!--XSUPERVISOR:BEGIN-->half")
        end()
        try logs.drain(1)
        #expect(text(logs.directory("x.log")) == "a<!--XSUPERVISOR:BEGIN-->half")
        logs.thread.post(.began(id, 6))
        writer.write("b<!--XSUPERVISOR:BEGIN-->whole<!--XSUPERVISOR:END-->\u{1B}[31mc")
        try logs.drain(1)
        #expect(text(logs.directory("x.log")) == "a<!--XSUPERVISOR:BEGIN-->halfbc")
        #expect(told.value == ["6 whole"])
    }

    @Test("still knows what a run writes that is there before it is announced")
    func late() throws {
        let writer = try attach()
        end()
        try logs.drain(1)
        writer.write("a<!--XSUPERVISOR:BEGIN-->who")
        logs.thread.post(.began(id, 6))
        try logs.drain(1)
        writer.write("le<!--XSUPERVISOR:END-->b")
        try logs.drain(1)
        #expect(told.value == ["6 whole"])
        #expect(text(logs.directory("x.log")) == "ab")
    }

    @Test("does not hold up the others by an end after which somebody writes on and on")
    func flood() throws {
        let writer = try attach()
        let other = try logs.attach(2, .discard)
        let isOver = Box(false)
        let number = writer.number
        let flood = try Platform.Thread(name: "flood") {
            let line = Array(String(repeating: "\u{1B}[31mx\u{1B}[0m\n", count: 300).utf8)
            while !isOver.value { _ = write(number, line, line.count) }
        }
        try eventually("a flood") { contents(logs.directory("x.log")).count > 1000 }
        for _ in 0..<10 { end() }
        other.write("x")
        try logs.drain(2)
        isOver.set(true)
        flood.join()
    }

    @Test("keeps waiting when its thread waits, and not when it only works")
    func keepsWaiting() throws {
        let isOver = Box(false)
        let threads = try LogThreads { _ in }
        _ = try Fifo.make(logs.directory("gate"))
        let gate = try Writer(logs.directory("gate"))
        let reader = try Fifo.make(logs.directory("fifo"))
        let writer = try Writer(logs.directory("fifo"))
        threads.post(.attach(id, reader: reader.release(), .discard))
        let number = gate.number
        threads.post(
            .follow(FollowerID(rawValue: 1), id, .last(0)) { update in
                guard case .bytes = update else { return }
                var byte: UInt8 = 0
                _ = read(number, &byte, 1)
                while !isOver.value {}
            }
        )
        writer.write("x")
        let waits = { [id] in threads.keepsWaiting(id, at: MonotonicClock.now()) }
        try eventually("it to wait") { waits() }
        gate.write("x")
        try eventually("it to work") { !waits() }
        #expect(threads.silence(of: id, at: MonotonicClock.now().advanced(by: .seconds(9))) != nil)
        isOver.set(true)
        threads.post(.shutdown)
        threads.join()
    }
}
