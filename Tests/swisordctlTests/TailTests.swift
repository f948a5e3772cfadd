// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

@Suite("tail and maintail")
struct TailTests {
    private func run(_ line: String, _ events: StreamEvent..., isTerminal: Bool = false)
        -> Transcript
    {
        Transcript(line, on: ScriptedDaemon([], events: events), isTerminal: isTerminal)
    }

    @Test("ask for the last bytes of a channel, or follow it")
    func requests() {
        func log(_ name: String, _ channel: LogSource.Channel, _ bytes: Int, _ follow: Bool)
            -> StreamRequest
        {
            .log(.program(name: name, channel: channel), bytes: bytes, follow: follow)
        }
        let asked: [(String, StreamRequest)] = [
            ("tail a", log("a", .stdout, 1600, false)),
            ("tail -100 g:a", log("g:a", .stdout, 100, false)),
            ("tail a STDERR", log("a", .stderr, 1600, false)),
            ("tail -f a stderr", log("a", .stderr, 1024, true)),
            ("maintail", .log(.daemon, bytes: 1600, follow: false)),
            ("maintail -7", .log(.daemon, bytes: 7, follow: false)),
            ("maintail -f", .log(.daemon, bytes: 1024, follow: true)),
        ]
        for (line, request) in asked {
            #expect(run(line, .ended).streams == [request])
        }
    }

    @Test("print the bytes as they are and a line end")
    func bytes() {
        let seen = run("tail a", .opened, .bytes([0x66, 0xff, 0x1b, 0x0a]), .ended)
        #expect(seen.rawOutput == [0x66, 0xff, 0x1b, 0x0a, 0x0a])
        #expect(seen.status == 0)
    }

    @Test("follow with a way out on top and nothing added at the end")
    func following() {
        let seen = run("tail -f a", .opened, .bytes(Array("x\n".utf8)), .lost(9), .ended)
        #expect(seen.output == "==> Press Ctrl-C to exit <==\nx\n")
        #expect(seen.errors == "9 bytes were skipped: they came faster than they were read\n")
    }

    @Test("escape on a terminal, over the borders of what comes at once")
    func escaped() {
        let seen = run(
            "tail -f a",
            .bytes([0xc3]),
            .bytes([0xbc, 0x1b]),
            .bytes([0x0d]),
            .bytes([0x0a, 0xe2]),
            .ended,
            isTerminal: true
        )
        #expect(seen.output == "==> Press Ctrl-C to exit <==\nü\\x1b\n\\xe2")
    }

    static let rows: [(String, APIError.Code, String)] = [
        ("tail a", .noLogFile, "a: ERROR (no log file)"),
        ("tail a", .failed, "a: ERROR (unknown error reading log)"),
        ("tail a", .noSuchProcess, "a: ERROR (no such process name)"),
        ("maintail", .noLogFile, "supervisord: ERROR (no log file)"),
        ("maintail", .failed, "supervisord: ERROR (unknown error reading log)"),
    ]

    @Test("say why there is nothing to see", arguments: rows)
    func refusals(line: String, code: APIError.Code, output: String) {
        let seen = run(line, .failed(APIError(code, "m")))
        #expect(seen.output == output + "\n")
        #expect(seen.status == 1)
    }

    @Test("tell what supervisorctl calls unknown on standard error")
    func reasons() {
        let error = APIError(.failed, "cannot read the log: open /l: Permission denied")
        #expect(run("tail a", .failed(error)).errors == "a: \(error.message)\n")
        #expect(run("maintail", .failed(error)).errors == "supervisord: \(error.message)\n")
        #expect(run("tail a", .failed(APIError(.noLogFile, "m"))).errors == "")
    }

    @Test("complain on standard error when there is nothing to follow, and exit with 0")
    func nothingToFollow() {
        let seen = run("tail -f a", .failed(APIError(.noSuchProcess, "no such process 'a'")))
        #expect(seen.output == "==> Press Ctrl-C to exit <==\n")
        #expect(
            seen.errors == """
                unix:///run/s.sock Cannot read, status code 404
                no such process 'a'\n
                """
        )
        #expect(seen.status == 0)
    }

    @Test(
        "refuse arguments that they do not understand",
        arguments: [
            ("tail", "Error: too few arguments\ntail <name>"),
            ("tail -f a stdout b", "Error: too many arguments\ntail <name>"),
            ("tail a b", "Error: bad channel 'b'\n"),
            ("tail -x a", "Error: bad argument -x\n"),
            ("tail --5 a", "Error: bad argument --5\n"),
            ("tail -f", "Error: tail requires process name\n"),
            ("maintail a", "Error: bad argument a\n"),
            ("maintail -x", "Error: bad argument -x\n"),
            ("maintail -f -f", "Error: too many arguments\nmaintail"),
        ]
    )
    func wrongArguments(line: String, complaint: String) {
        let seen = run(line)
        #expect(seen.output.hasPrefix(complaint))
        #expect(seen.status == 1)
        #expect(seen.streams.isEmpty)
    }
}
