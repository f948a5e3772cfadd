// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@testable import Logs

@Suite("A filter of output")
struct OutputFilterTests {
    /// A pipe without a kernel, and all that comes of what it holds.
    private final class World {
        var pipe: [UInt8] = []
        var log: [UInt8] = []
        var heard: [[UInt8]] = []
        let messages = Box<[[UInt8]]>([])
        let said = Box<[[UInt8]]>([])
        let runs = Box<Set<PID?>>([])
        /// The most that the log takes at a time.
        var room = Int.max
        let filter: OutputFilter

        init(strips: Bool = true, limit: Int = 1000) {
            let (messages, said, runs) = (messages, said, runs)
            filter = OutputFilter(
                OutputTreatment(
                    stripsEscapes: strips,
                    capture: .init(limit: limit) { bytes, run in
                        messages.change { $0.append(bytes) }
                        runs.change { $0.insert(run) }
                    },
                    heard: { bytes, _ in said.change { $0.append(bytes) } }
                )
            )
        }

        @discardableResult
        func offer(_ wait: OutputScanner.Wait = .more) -> Int {
            let bytes = pipe[...]
            let before = pipe.count
            let taken = filter.pass(
                bytes,
                wait,
                to: .init { [self] piece in
                    #expect(Array(piece) == Array(pipe.prefix(piece.count)))
                    let count = min(piece.count, room)
                    log += piece.prefix(count)
                    pipe.removeFirst(count)
                    return count
                } drop: { [self] count in
                    pipe.removeFirst(count)
                    return true
                }
            )
            #expect(taken == before - pipe.count)
            return taken
        }

        func write(_ text: String, _ wait: OutputScanner.Wait = .more) {
            pipe += text.utf8
            offer(wait)
        }

        var text: String { String(decoding: log, as: UTF8.self) }
        var told: [String] { messages.value.map { String(decoding: $0, as: UTF8.self) } }
        var speech: [String] { said.value.map { String(decoding: $0, as: UTF8.self) } }
    }

    private let begin = "<!--XSUPERVISOR:BEGIN-->"
    private let end = "<!--XSUPERVISOR:END-->"
    private var stream: String {
        "a\u{1B}[31mred\u{1B}[0m b\n\(begin)one \u{1B}[1mbold\(end)c <!-- d\n\(begin)\(end)e\n"
    }

    @Test("gives the same wherever its input is cut", arguments: [OutputScanner.Wait.more, .full])
    func cuts(wait: OutputScanner.Wait) {
        let bytes = Array(stream.utf8)
        for cut in 1..<bytes.count {
            for second in stride(from: cut, to: bytes.count, by: 7) {
                let world = World()
                for part in [bytes[..<cut], bytes[cut..<second], bytes[second...]] {
                    world.pipe += part
                    world.offer()
                }
                #expect(world.text == "ared b\nc <!-- d\ne\n")
                #expect(world.told == ["one bold", ""])
                #expect(world.pipe.isEmpty)
                #expect(world.speech.joined() == "ared b\none boldc <!-- d\ne\n")
            }
            // With a pause at the cut, what had to be taken is in the log, and nothing is missed.
            let paused = World()
            paused.pipe += bytes[..<cut]
            paused.offer(wait)
            paused.pipe += bytes[cut...]
            paused.offer()
            #expect(paused.told == ["one bold", ""])
            #expect(paused.pipe.isEmpty)
            let log = paused.text.replacing(begin.dropLast(), with: "")
            #expect(log.hasSuffix("e\n"))
            #expect(log.contains("red"))
        }
    }

    @Test("leaves what is not complete in the pipe, where it outlives the manager")
    func leaves() {
        let world = World()
        world.write("text\u{1B}[3")
        #expect(world.text == "text")
        #expect(world.pipe == Array("\u{1B}[3".utf8))
        #expect(world.filter.isUnfinished)
        let other = World()
        other.write("text" + begin + "half of it")
        #expect(other.text == "text")
        #expect(other.pipe.count == 34)
        #expect(other.offer() == 0)
        other.write(end)
        #expect(other.told == ["half of it"])
        #expect(!other.filter.isUnfinished)
    }

    @Test("takes a message that is too long for the pipe, and keeps the last bytes of it")
    func limit() {
        let world = World(limit: 20)
        world.write(begin + "0123456789", .full)
        #expect(world.pipe.isEmpty)
        for _ in 0..<3 { world.write("abcdefghij") }
        world.write("kl" + String(end.prefix(5)))
        world.write(String(end.dropFirst(5)) + "after")
        #expect(world.told == ["cdefghijabcdefghijkl"])
        #expect(world.text == "after")
        let short = World(limit: 4)
        short.write(begin + "0123456789" + end)
        #expect(short.told == ["6789"])
    }

    @Test("knows a tag whose beginning it had to let into the log")
    func pause() {
        let world = World()
        world.write("a<!--XSUP", .full)
        #expect(world.text == "a<!--XSUP")
        #expect(world.pipe.isEmpty)
        world.write("ERVISOR:BEGIN-->b" + end + "c")
        #expect(world.told == ["b"])
        #expect(world.text == "a<!--XSUPc")
        let other = World()
        other.write("a<!--XSUP", .full)
        other.write("ER is text")
        #expect(other.text == "a<!--XSUPER is text")
        let escape = World()
        escape.write("a\u{1B}[3", .full)
        escape.write("1mb")
        #expect(escape.text == "a\u{1B}[3b")
    }

    @Test("knows a tag of which a full log took a part")
    func fullPause() {
        let world = World()
        world.room = 4
        world.write("<!--XSUP", .full)
        #expect(world.text == "<!--")
        #expect(world.pipe == Array("XSUP".utf8))
        world.room = .max
        world.write("ERVISOR:BEGIN-->a" + end + "b")
        #expect(world.told == ["a"])
        #expect(world.text == "<!--b")
    }

    @Test("writes down what has no end when there will be none")
    func over() {
        let world = World()
        world.write("a\u{1B}[3", .over)
        #expect(world.text == "a\u{1B}[3")
        world.write(begin + "half", .over)
        #expect(world.text == "a\u{1B}[3" + begin + "half")
        #expect(world.filter.abandon().isEmpty)
        let open = World()
        open.write(begin + "half", .full)
        open.write(" of it", .over)
        #expect(open.text.isEmpty)
        #expect(open.filter.abandon() == Array((begin + "half of it").utf8))
        open.write("text")
        #expect(open.text == "text")
        #expect(open.told.isEmpty)
    }

    @Test("goes on where the log took no more")
    func fullLog() {
        let world = World()
        world.room = 3
        world.pipe = Array(stream.utf8)
        while world.offer() > 0 {}
        #expect(world.text == "ared b\nc <!-- d\ne\n")
        #expect(world.told == ["one bold", ""])
    }

    @Test("says of whom a message is")
    func runs() {
        let world = World()
        world.filter.run = 17
        world.write(begin + "a" + end)
        #expect(world.runs.value == [17])
    }
}
