// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import Supervision
import Testing

@testable import Logs

/// A program that writes numbered lines, log threads that are killed at random, and what is left.
///
/// All in processes of this one's own, which is itself one that a test has made for it.
private final class KillingGround {
    private let directory: TemporaryDirectory
    private let settings: LogFileSettings
    private let pipe: DescriptorBox
    /// What lives on after a log thread: nil where nobody would keep it.
    private let journal: MoveJournal?
    /// Shared with the writer: whether it is to stop, and how many bytes it has written.
    private let shared: UnsafeMutablePointer<Int>
    private var collected: [UInt8] = []
    private var random = SeededGenerator(seed: 0x5715_0BD1)

    init(maxBytes: Int, isNoted: Bool) throws {
        journal = isNoted ? try MoveJournal() : nil
        directory = try TemporaryDirectory()
        settings = LogFileSettings(path: directory("x.log"), maxBytes: maxBytes, backups: 1000)
        pipe = DescriptorBox(try Fifo.make(directory("fifo")))
        let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        shared = try #require(page).assumingMemoryBound(to: Int.self)
    }

    /// The overlay hides fork from Swift, with reason; there is nothing but us in this process.
    private static func fork(_ child: () -> Void) -> pid_t {
        let pid = hidden("fork", as: (@convention(c) () -> pid_t).self)()
        if pid != 0 { return pid }
        child()
        _exit(0)
    }

    /// Line after line: its number and as many letters as the number says.
    static func line(_ number: Int) -> [UInt8] {
        let length = (number &* 7919) % 170
        return Array("\(number) \(String(repeating: "x", count: length))\n".utf8)
    }

    private func writeLines() {
        var random = random
        let end = open(directory("fifo"), O_RDWR)
        var number = 0
        while shared[0] == 0 {
            var bytes: ArraySlice<UInt8> = []
            for _ in 0..<Int.random(in: 1..<9, using: &random) {
                bytes += Self.line(number)
                number += 1
            }
            while !bytes.isEmpty {
                let piece = bytes.prefix(Int.random(in: 1..<700, using: &random))
                let count = piece.withUnsafeBytes { write(end, $0.baseAddress, $0.count) }
                guard count > 0 else { return }
                shared[1] += count
                bytes = bytes.dropFirst(count)
            }
        }
    }

    /// What is done first: what the thread before left in pipe and log is taken out of the pipe.
    private func takeUp(_ stream: LogStream) -> Scratch {
        guard let number = journal?.memory.rawValue,
            let kept = try? OwnedDescriptor.duplicate(of: number),
            let journal = MoveJournal(keptBy: kept), let line = journal.makeLine()
        else { return Scratch() }
        let scratch = Scratch(line)
        if let move = pipe.identity.flatMap({ journal.take(of: $0) }) {
            stream.finish(move, scratch)
            journal.end(move)
        }
        return scratch
    }

    /// What a log thread does with a stream, until it is killed or, at the end, has nothing to do.
    private func log(isFollowed: Bool, toTheEnd: Bool) {
        let output = LogOutput(.file(RotatingFile(settings, at: MonotonicClock.now())))
        let stream = LogStream(StreamID(rawValue: 1), reader: pipe, output: output)
        if isFollowed {
            output.followers.add(.init(id: FollowerID(rawValue: 1), stream: stream.id) { _ in })
        }
        let scratch = takeUp(stream)
        while true {
            let moved = stream.pump(scratch, at: MonotonicClock.now())
            if moved == 0, toTheEnd { return }
        }
    }

    /// Takes the files that no rotation will touch in any other way than by giving them numbers.
    private func collect(downTo last: Int) {
        let numbers = directory.names().compactMap { Int($0.dropFirst("x.log.".count)) }.sorted()
        #expect((numbers.last ?? 0) <= numbers.count + 1, "at most one number is missing")
        for number in numbers.reversed() where number >= last {
            let name = RotationPlan.name(of: settings.path, number)
            collected += contents(name)
            unlink(name)
        }
    }

    static func play(maxBytes: Int, isNoted: Bool) throws {
        let ground = try KillingGround(maxBytes: maxBytes, isNoted: isNoted)
        ground.run(kills: 250)
        ground.check()
    }

    private func run(kills: Int) {
        let writer = Self.fork { writeLines() }
        var killed = 0
        // On a machine that is busy with other things, or checks every access to memory, too little
        // may be written in so many lives: then they become longer and longer.
        while killed < kills || shared[1] < 500_000 {
            killed += 1
            let factor = min(100, 1 + max(0, killed - kills))
            let life = Int.random(in: 200..<5_000, using: &random) * factor
            let isFollowed = Bool.random(using: &random)
            let logger = Self.fork {
                // A signal that nothing handles is to the kernel what SIGKILL is.
                var none = sigset_t()
                sigprocmask(SIG_SETMASK, &none, nil)
                var timer = itimerval()
                timer.it_value.tv_usec = life
                setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
                log(isFollowed: isFollowed, toTheEnd: false)
            }
            waitpid(logger, nil, 0)
            collect(downTo: 2)
        }
        shared[0] = 1
        // The writer may be in the middle of a write, with a full pipe.
        var status: Int32 = 0
        while waitpid(writer, &status, WNOHANG) == 0 { log(isFollowed: false, toTheEnd: true) }
        log(isFollowed: false, toTheEnd: true)
        collect(downTo: 1)
        collected += contents(settings.path)
    }

    /// Whether everything is there, once and in order.
    private func check() {
        #expect(collected.count == shared[1])
        var number = 0
        for line in collected.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
            guard Array(line + [0x0A]) == Self.line(number) else {
                let text = String(decoding: line, as: UTF8.self)
                Issue.record("in the place of line \(number) stands '\(text)'")
                return
            }
            number += 1
        }
        #expect(number > 4_000)
    }
}

@Suite("Log threads that are killed", .timeLimit(.minutes(10)))
struct KillTests {
    @Test("lose and double no byte, with small files")
    func smallFiles() async {
        await #expect(processExitsWith: .success) {
            try KillingGround.play(maxBytes: 3_000, isNoted: true)
        }
    }

    @Test("lose and double no byte, with files that are filled without a look at first")
    func largeFiles() async {
        await #expect(processExitsWith: .success) {
            try KillingGround.play(maxBytes: 150_000, isNoted: true)
        }
    }

    @Test("lose and double no byte where nobody keeps a note, with small files")
    func smallFilesUnnoted() async {
        await #expect(processExitsWith: .success) {
            try KillingGround.play(maxBytes: 3_000, isNoted: false)
        }
    }

    @Test("lose and double no byte where nobody keeps a note, with files filled by splice alone")
    func largeFilesUnnoted() async {
        await #expect(processExitsWith: .success) {
            try KillingGround.play(maxBytes: 150_000, isNoted: false)
        }
    }
}
