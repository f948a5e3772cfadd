// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import XMLRPC

/// What supervisord's tail does with a log of a size, and an offset and a length.
struct TailRow: Sendable, CustomTestStringConvertible {
    let size: Int
    let offset: Int
    let length: Int
    let start: Int
    let count: Int
    let hasOverflown: Bool

    var testDescription: String { "\(size) bytes, \(length) from \(offset)" }

    init(_ size: Int, _ offset: Int, _ length: Int, _ start: Int, _ count: Int, _ over: Bool) {
        self.size = size
        self.offset = offset
        self.length = length
        self.start = start
        self.count = count
        hasOverflown = over
    }

    static let all = [
        TailRow(100, 0, 100, 0, 100, false), TailRow(100, 0, 10, 90, 10, true),
        TailRow(100, 50, 10, 90, 10, true), TailRow(100, 50, 50, 50, 50, false),
        // What is short is filled up from before the offset.
        TailRow(100, 90, 50, 50, 50, false), TailRow(100, 0, 500, 0, 100, false),
        // Nothing is new since.
        TailRow(100, 100, 50, 100, 0, false), TailRow(100, 700, 50, 100, 0, false),
        TailRow(0, 0, 50, 0, 0, false), TailRow(100, 0, 1, 99, 1, true),
        TailRow(100, 0, 0, 99, 0, true), TailRow(100, 5, -3, 99, 0, true),
        TailRow(100, -50, 10, 90, 10, true), TailRow(100, .max, .max, 100, 0, false),
        TailRow(100, .min, .min, 99, 0, true),
    ]
}

@Suite("A log that a client reads")
struct LogTests {
    private let log = LogSource.program(name: "web:web", channel: .stderr)

    private func piece(_ text: String, size: Int = 100) -> Response {
        .logPiece(LogPiece(text: text, start: 0, end: text.utf8.count, size: size))
    }

    @Test("has a tail by supervisord's rules", arguments: TailRow.all)
    func tails(row: TailRow) {
        let tail = LogTail(of: row.size, offset: row.offset, length: row.length)
        #expect(tail.count == row.count && tail.hasOverflown == row.hasOverflown)
        if row.count > 0 { #expect(tail.start == row.start) }
    }

    @Test("is asked for by offset and length")
    func reading() {
        let method = "supervisor.readProcessStderrLog"
        func read(_ offset: Int, _ length: Int) -> Dialogue {
            Dialogue(method, [.text("web"), .int(offset), .int(length)], answers: [piece("hello")])
        }
        #expect(read(5, 7).asked == [.readLog(log, offset: 5, length: 7)])
        #expect(read(5, 0).asked == [.readLog(log, offset: 5, length: nil)])
        #expect(read(-1600, 0).asked == [.readLog(log, offset: -1600, length: nil)])
        #expect(read(0, 0).value == .text("hello"))
        for (offset, length) in [(-5, 5), (0, -1), (-1, -1)] {
            #expect(read(offset, length).fault == Fault(.badArguments))
        }
        let daemon = Dialogue(
            "supervisor.readMainLog",
            [.int(-10), .int(0)],
            answers: [piece("x")]
        )
        #expect(daemon.asked == [.readLog(.daemon, offset: -10, length: nil)])
        #expect(daemon.value == .text("x"))
    }

    @Test("is a fault when there is none, but for its tail, which is empty")
    func missing() {
        let none = Response.failure(APIError(.noLogFile, "no file"))
        let unknown = Response.failure(APIError(.noSuchProcess, "no process"))
        let parameters: [XMLValue] = [.text("web"), .int(0), .int(10)]
        for method in ["readProcessLog", "readProcessStdoutLog", "readProcessStderrLog"] {
            let read = { Dialogue("supervisor.\(method)", parameters, answers: [$0]).fault }
            #expect(read(none) == Fault(.noFile))
            #expect(read(unknown) == Fault(.badName, "web"))
        }
        for method in ["tailProcessLog", "tailProcessStdoutLog", "tailProcessStderrLog"] {
            let tail = { Dialogue("supervisor.\(method)", parameters, answers: [$0]) }
            #expect(tail(none).value == .array([.text(""), .int(0), .bool(false)]))
            #expect(tail(unknown).fault == Fault(.badName, "web"))
        }
        let group = Dialogue("supervisor.readProcessLog", [.text("g:*"), .int(0), .int(0)])
        #expect(group.fault == Fault(.badName, "g:*"))
    }

    @Test("has a tail with the length of the log, and whether something was left out")
    func tailing() {
        let parameters: [XMLValue] = [.text("web"), .int(0), .int(10)]
        let long = Dialogue(
            "supervisor.tailProcessStderrLog",
            parameters,
            answers: [piece(""), piece("the end")]
        )
        #expect(
            long.asked == [
                .readLog(log, offset: 0, length: 0), .readLog(log, offset: 90, length: 10),
            ]
        )
        #expect(long.value == .array([.text("the end"), .int(100), .bool(true)]))
        let empty = Dialogue(
            "supervisor.tailProcessStderrLog",
            parameters,
            answers: [piece("", size: 0)]
        )
        #expect(empty.value == .array([.text(""), .int(0), .bool(false)]))
    }
}
