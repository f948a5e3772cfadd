// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import Testing

@testable import Logs

@Suite("A line that a program has written", .timeLimit(.minutes(10)))
struct WholeLineTests {
    private let directory: TemporaryDirectory
    private let now = Instant(nanoseconds: 1)
    private let scratch = Scratch()
    private let writer: Writer
    private let reader: DescriptorBox

    init() throws {
        directory = try TemporaryDirectory()
        let fifo = directory("fifo")
        reader = DescriptorBox(try Fifo.make(fifo))
        writer = try Writer(fifo)
    }

    private func output(_ name: String, maxBytes: Int = 0) -> LogOutput {
        let settings = LogFileSettings(path: directory(name), maxBytes: maxBytes, backups: 9)
        return LogOutput(.file(RotatingFile(settings, at: now)))
    }

    private func stream(_ output: LogOutput) -> LogStream {
        LogStream(StreamID(rawValue: 1), reader: reader, output: output)
    }

    @Test("is in the log whole after each turn, also where the next one may bring a rotation")
    func nearRotation() {
        // A kill between two turns may be followed by one that writes elsewhere.
        let stream = stream(output("x.log", maxBytes: RotationCut.horizon + 10))
        writer.write("a line of more than ten bytes\n")
        _ = stream.pump(scratch, at: now)
        #expect(text(directory("x.log")) == "a line of more than ten bytes\n")
    }

    @Test("stays in one file when its log is changed in the middle of it")
    func redirected() {
        let stream = stream(output("x.log"))
        writer.write("it begins")
        _ = stream.pump(scratch, at: now)
        writer.write(" and ends\nthe next\n")
        stream.finishLine(scratch, at: now)
        stream.redirect(to: output("y.log"), tap: nil)
        _ = stream.pump(scratch, at: now)
        #expect(text(directory("x.log")) == "it begins and ends\n")
        #expect(text(directory("y.log")) == "the next\n")
    }

    @Test("keeps no line that has not been begun from another log")
    func unbegun() {
        let stream = stream(output("x.log"))
        writer.write("one\n")
        _ = stream.pump(scratch, at: now)
        writer.write("two\n")
        stream.finishLine(scratch, at: now)
        stream.redirect(to: output("y.log"), tap: nil)
        _ = stream.pump(scratch, at: now)
        #expect(text(directory("x.log")) == "one\n")
        #expect(text(directory("y.log")) == "two\n")
    }
}
