// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Platform
import Supervision
import Synchronization
import Testing

@testable import Logs

@Suite("Inherited output", .timeLimit(.minutes(10)))
struct InheritTests {
    private let logs: LogFixture
    private let output: Pipe

    /// What stands for the daemon's own stdout.
    private final class Pipe {
        let reader: Int32
        let writer: Int32
        private var received: [UInt8] = []

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw SystemError.last("pipe") }
            (reader, writer) = (ends[0], ends[1])
            _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        }

        deinit {
            close(reader)
            close(writer)
        }

        var text: String {
            var buffer = [UInt8](repeating: 0, count: 65536)
            while case let count = read(reader, &buffer, buffer.count), count > 0 {
                received += buffer.prefix(count)
            }
            return String(decoding: received, as: UTF8.self)
        }
    }

    init() throws {
        logs = try LogFixture()
        output = try Pipe()
    }

    @Test("has whole lines after the program's name, however they were written")
    func wholeLines() throws {
        let a = try logs.attach(1, .inherit(descriptor: output.writer, prefix: "a | "))
        let b = try logs.attach(2, .inherit(descriptor: output.writer, prefix: "b | "))
        a.write("one ")
        try logs.drain(1)
        b.write("other\n")
        try logs.drain(2)
        a.write("line\nand more")
        try logs.drain(1)
        try eventually("lines") { output.text == "b | other\na | one line\n" }
        logs.thread.post(.detach(StreamID(rawValue: 1), LogToken(rawValue: 9)))
        try eventually("the rest") { output.text.hasSuffix("a | and more\n") }
    }

    @Test("is lost, counted, when nobody reads it; files are served all the same")
    func stuckReader() throws {
        let noisy = try logs.attach(1, .inherit(descriptor: output.writer, prefix: "a | "))
        let calm = try logs.attach(2, .file(LogFileSettings(path: logs.directory("x.log"))))
        let line = String(repeating: "x", count: 99) + "\n"
        for _ in 0..<20_000 { noisy.write(line) }
        calm.write("served\n")
        try logs.drain(1)
        try logs.drain(2)
        #expect(text(logs.directory("x.log")) == "served\n")
        try eventually("the count") { (logs.trouble(1)?.lost ?? 0) > 500_000 }
        // What was kept comes out whole once there is a reader.
        try eventually("what was kept") { output.text.utf8.count > 1_000_000 }
        logs.thread.post(.detach(StreamID(rawValue: 1), LogToken(rawValue: 9)))
        let lines = output.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(lines.allSatisfy { $0.utf8.count == 103 })
    }

    @Test("through /dev/fd is neither altered nor rotated")
    func plainDescriptor() throws {
        let target = LogTarget.file(
            LogFileSettings(path: "/dev/fd/\(output.writer)", maxBytes: 4, backups: 2)
        )
        let writer = try logs.attach(1, target)
        writer.write("no line end here")
        try eventually("bytes") { output.text == "no line end here" }
    }

    @Test("echoes the activity log, also while its file cannot be opened")
    func activity() throws {
        let path = logs.directory("sub/swisord.log")
        let logger = Logger(label: "test") { [thread = logs.thread] _ in
            ActivityLogHandler(thread: thread, level: .info)
        }
        logger.notice("early")
        logs.thread.post(
            .openActivity(.file(LogFileSettings(path: path)), echo: output.writer)
        )
        logger.warning("two\nlines", metadata: ["pid": "7"])
        logger.debug("not shown")
        try eventually("the echo") { output.text.hasSuffix(" WARN two\\nlines pid=7\n") }
        #expect(output.text.contains(" INFO early\n"))
        #expect(!output.text.contains("not shown"))
        try eventually("trouble") { (logs.trouble(-1)?.lost ?? 0) > 0 }
        mkdir(logs.directory("sub"), 0o700)
        logger.critical("kept")
        logs.shutDown()
        #expect(text(path).hasSuffix(" CRIT kept\n"))
    }

    @Test("of the activity log is rotated and can be read")
    func activityFile() throws {
        let path = logs.directory("swisord.log")
        logs.thread.post(
            .openActivity(
                .file(LogFileSettings(path: path, maxBytes: 1000, backups: 2)),
                echo: nil
            )
        )
        let logger = Logger(label: "test") { [thread = logs.thread] _ in
            ActivityLogHandler(thread: thread, level: .info)
        }
        for number in 0..<100 { logger.info("event \(number)") }
        let tail = try logs.tail(.activity, bytes: 10)
        #expect(try tail.get() == Array(" event 99\n".utf8))
        #expect(logs.directory.names() == ["swisord.log", "swisord.log.1", "swisord.log.2"])
    }
}

@Suite("Syslog output", .timeLimit(.minutes(10)))
struct SyslogTests {
    /// A syslog daemon's socket.
    private final class Daemon {
        let number: Int32

        init(_ path: String) throws {
            number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let bound = withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard bound == 0 else { throw SystemError.last("bind", path) }
        }

        deinit { close(number) }

        /// The next message, without its time.
        func next() -> String? {
            var buffer = [UInt8](repeating: 0, count: 16384)
            let count = recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return nil }
            let text = String(decoding: buffer.prefix(count), as: UTF8.self)
            return String(text.prefix(4) + text.dropFirst(4 + 15))
        }
    }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test("is one message a line")
    func messages() throws {
        let daemon = try Daemon(directory("log"))
        let sink = SyslogSink(tag: "x", path: directory("log"))
        #expect(sink.append(Array("one\n\r\ntwo\nthr".utf8)[...]) == 0)
        #expect(daemon.next() == "<14> x: one")
        #expect(daemon.next() == "<14> x: two")
        #expect(daemon.next() == nil)
        #expect(sink.append(Array("ee".utf8)[...]) == 0)
        #expect(sink.finish() == 0)
        #expect(daemon.next() == "<14> x: three")
    }

    @Test("is counted while there is no daemon, and goes to the next one")
    func reconnects() throws {
        let sink = SyslogSink(tag: "x", path: directory("log"))
        #expect(sink.append(Array("lost\n".utf8)[...]) == 5)
        #expect(sink.trouble == "syslog \(directory("log")): No such file or directory")
        do {
            let daemon = try Daemon(directory("log"))
            #expect(sink.append(Array("one\n".utf8)[...]) == 0)
            #expect(daemon.next() == "<14> x: one")
        }
        #expect(sink.append(Array("lost\n".utf8)[...]) == 5)
        unlink(directory("log"))
        let daemon = try Daemon(directory("log"))
        #expect(sink.append(Array("two\n".utf8)[...]) == 0)
        #expect(daemon.next() == "<14> x: two")
        #expect(sink.trouble == nil)
    }

    @Test("does not wait for ever for a daemon that is stuck")
    func stuck() throws {
        let daemon = try Daemon(directory("log"))
        let sink = SyslogSink(tag: "x", path: directory("log"))
        let lines = String(repeating: "line\n", count: 5000)
        #expect(sink.append(Array(lines.utf8)[...]) > 0)
        #expect(daemon.next() == "<14> x: line")
    }
}

@Suite("The log threads", .timeLimit(.minutes(10)))
struct LogThreadsTests {
    @Test("serve several streams and end once")
    func serve() throws {
        let directory = try TemporaryDirectory()
        let heard = LogFixture.Heard()
        let threads = try LogThreads { heard.note($0) }
        var writers: [Writer] = []
        let targets: [LogTarget] = [
            .file(LogFileSettings(path: directory("x.log"))), .discard,
            .file(LogFileSettings(path: "/dev/shm/x-no-such-directory/y.log")),
        ]
        for (id, target) in targets.enumerated() {
            let reader = try Fifo.make(directory("fifo.\(id)"))
            writers.append(try Writer(directory("fifo.\(id)")))
            writers[id].write("line\n")
            threads.post(.attach(StreamID(rawValue: id), reader: reader.release(), target))
        }
        threads.post(.drain(StreamID(rawValue: 0), LogToken(rawValue: 1)))
        try eventually("drained") { heard.all.contains(.drained(LogToken(rawValue: 1))) }
        #expect(text(directory("x.log")) == "line\n")
        threads.post(.shutdown)
        threads.join()
        #expect(heard.all.filter { $0 == .ended }.count == 1)
        #expect(heard.all.last == .ended)
    }
}
