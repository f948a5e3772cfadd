// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import Testing

@testable import Logs

@Suite("A slice of a log", .timeLimit(.minutes(10)))
struct LogSliceTests {
    /// What is asked for of ten bytes, and where that begins and how much it is.
    static let parts: [(Int, Int?, Int, Int)] = [
        (0, nil, 0, 10), (0, 0, 0, 0), (0, 4, 0, 4), (7, 4, 7, 3), (7, nil, 7, 3), (10, nil, 10, 0),
        (99, 5, 10, 0), (-4, nil, 6, 4), (-4, 2, 6, 2), (-99, nil, 0, 10), (-10, 3, 0, 3),
        (.min, nil, 0, 10), (.max, .max, 10, 0), (3, -1, 3, 0), (2, .max, 2, 8),
    ]

    @Test("is within the file", arguments: parts)
    func part(offset: Int, count: Int?, start: Int, length: Int) {
        #expect(LogSlice.part(of: 10, from: offset, count: count) == (start, length))
    }

    @Test("is no more than may be read at once")
    func most() {
        let part = LogSlice.part(of: 1 << 40, from: 5, count: nil)
        #expect(part == (5, TailReader.most))
    }

    @Test("has what the program wrote last, byte for byte, and tells how long the log is")
    func reading() throws {
        let logs = try LogFixture()
        let target = LogTarget.file(
            LogFileSettings(path: logs.directory("x.log"), maxBytes: 0, backups: 0)
        )
        let writer = try logs.attach(1, target)
        writer.write([0x61, 0xFF, 0x00, 0x62])
        func slice(_ id: Int, _ offset: Int, _ count: Int?) throws
            -> Result<LogSlice, LogReadError>
        {
            let answer = Box<Result<LogSlice, LogReadError>?>(nil)
            logs.thread.post(
                .readSlice(StreamID(rawValue: id), offset: offset, count: count) { answer.set($0) }
            )
            try eventually("a slice") { answer.value != nil }
            return try #require(answer.value)
        }
        #expect(try slice(1, 1, 2) == .success(LogSlice(bytes: [0xFF, 0x00], start: 1, size: 4)))
        #expect(try slice(1, -1, nil) == .success(LogSlice(bytes: [0x62], start: 3, size: 4)))
        writer.write("more")
        #expect(
            try slice(1, 4, nil) == .success(LogSlice(bytes: Array("more".utf8), start: 4, size: 8))
        )
        #expect(try slice(2, 0, nil) == .failure(.unknownStream))
        _ = try logs.attach(3, .discard)
        #expect(try slice(3, 0, nil) == .failure(.noLogFile))
    }
}
