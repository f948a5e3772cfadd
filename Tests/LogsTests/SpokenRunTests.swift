// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import Testing

@testable import Logs

@Suite("What a process has written", .timeLimit(.minutes(10)))
struct SpokenRunTests {
    private let directory: TemporaryDirectory
    private let writer: Writer
    private let stream: LogStream
    private let heard = Box<[String]>([])
    private let scratch = Scratch()

    init() throws {
        directory = try TemporaryDirectory()
        let path = directory("fifo")
        let reader = DescriptorBox(try Fifo.make(path))
        writer = try Writer(path)
        stream = LogStream(
            StreamID(rawValue: 1),
            reader: reader,
            output: LogOutput(.discard),
            Self.treatment(heard)
        )
    }

    private static func treatment(
        _ heard: Box<[String]>,
        run: PID? = nil,
        _ position: ReadPosition? = nil
    ) -> OutputTreatment {
        let ear: OutputTreatment.Ear = { bytes, run in
            let speaker = run.map { "\($0)" } ?? "nobody"
            heard.change { $0.append("\(speaker): \(String(decoding: bytes, as: UTF8.self))") }
        }
        var treatment = OutputTreatment(heard: ear, run: run)
        treatment.position = position
        return treatment
    }

    private func pump() {
        _ = stream.pump(scratch, at: MonotonicClock.now())
    }

    @Test("is told as its own, also when it was faster than the news of it")
    func early() {
        writer.write("one")
        stream.begin(7, at: MonotonicClock.now())
        pump()
        writer.write("last words")
        stream.end(scratch, MonotonicClock.now())
        writer.write("two")
        stream.begin(8, at: MonotonicClock.now())
        pump()
        #expect(heard.value == ["7: one", "7: last words", "8: two"])
    }

    @Test("ends where it ended, also when the news of that comes late")
    func late() {
        let position = ReadPosition()
        stream.treat(Self.treatment(heard, run: nil, position), at: MonotonicClock.now())
        stream.begin(7, at: MonotonicClock.now())
        writer.write("one")
        pump()
        writer.write("last words")
        let end = position.end { 10 }
        #expect(end == 13)
        writer.write("two")
        #expect(!stream.isBetweenRuns)
        stream.end(at: end, scratch, MonotonicClock.now())
        #expect(stream.isBetweenRuns)
        stream.begin(8, at: MonotonicClock.now())
        #expect(!stream.isBetweenRuns)
        pump()
        #expect(heard.value == ["7: one", "7: last words", "8: two"])
    }

    @Test("is told as its own after the treatment of its output has changed")
    func changed() {
        stream.begin(7, at: MonotonicClock.now())
        stream.treat(.plain, at: MonotonicClock.now())
        stream.treat(Self.treatment(heard, run: 7), at: MonotonicClock.now())
        writer.write("one")
        pump()
        stream.treat(Self.treatment(heard), at: MonotonicClock.now())
        writer.write("two")
        pump()
        #expect(heard.value == ["7: one", "7: two"])
    }

    @Test("is nobody's before and after, which whoever knows the programs can tell better")
    func unannounced() {
        writer.write("one")
        pump()
        stream.begin(7, at: MonotonicClock.now())
        writer.write("two")
        pump()
        stream.end(scratch, MonotonicClock.now())
        writer.write("three")
        pump()
        #expect(heard.value == ["nobody: one", "7: two", "nobody: three"])
    }

    @Test("is one message, also when it was opened before the news of who writes")
    func opened() {
        let heard = heard
        let capture = OutputTreatment.Capture(limit: 3) { bytes, run in
            heard.change { $0.append("\(run ?? 0): \(String(decoding: bytes, as: UTF8.self))") }
        }
        stream.treat(OutputTreatment(capture: capture), at: MonotonicClock.now())
        // More than what waits in the pipe for the end of a message.
        writer.write("<!--XSUPERVISOR:BEGIN-->" + String(repeating: "x", count: 40_000))
        pump()
        stream.begin(7, at: MonotonicClock.now())
        writer.write("abc<!--XSUPERVISOR:END-->")
        pump()
        #expect(heard.value == ["7: abc"])
    }
}
