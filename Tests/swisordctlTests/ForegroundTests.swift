// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

@Suite("fg and open")
struct ForegroundTests {
    private static let running = programs(process("cat", "RUNNING", pid: 7))

    private func run(
        _ answers: Response...,
        events: [StreamEvent] = [],
        typed: [String]
    ) -> Transcript {
        Transcript(
            "fg cat",
            on: ScriptedDaemon(answers.map { .success($0) }, events: events),
            typed: typed
        )
    }

    @Test("fg follows both outputs, sends each line with its end, and leaves at the end of input")
    func lines() {
        let sent = report(result("cat", .sent))
        let seen = run(
            Self.running,
            sent,
            Self.running,
            sent,
            Self.running,
            events: [.opened, .bytes(Array("said\n".utf8))],
            typed: ["hello", ""]
        )
        #expect(seen.output == "==> Press Ctrl-C to exit <==\nsaid\nsaid\nExiting foreground\n")
        #expect(seen.status == 0)
        #expect(
            seen.streams
                == LogSource.Channel.allCases.map {
                    .log(.program(name: "cat", channel: $0), bytes: 1024, follow: true)
                }
        )
        let bytes = seen.requests.compactMap { request -> [UInt8]? in
            if case .sendInput("cat", let bytes) = request { bytes } else { nil }
        }
        #expect(bytes == [Array("hello\n".utf8), [10]])
    }

    @Test("fg says that the process is gone, as it finds out")
    func gone() {
        let refused = run(
            Self.running,
            report(result("cat", .sent, .notRunning)),
            typed: ["x", "never sent"]
        )
        let lines = "==> Press Ctrl-C to exit <==\nProcess got killed\nExiting foreground\n"
        #expect(refused.output == lines)
        #expect(refused.requests.count == 2)
        let died = run(
            Self.running,
            report(result("cat", .sent)),
            programs(process("cat", "EXITED")),
            typed: ["x", "never sent"]
        )
        #expect(died.output == lines)
        #expect(died.status == 0)
    }

    static let refusals: [(String, Response?, String)] = [
        ("fg", nil, "no process name supplied"),
        ("fg a b", nil, "too many process names supplied"),
        (
            "fg a", programs(missing: [result("a", .listed, .noSuchProcess)]),
            "bad process name supplied"
        ),
        (
            "fg g:*", programs(process("a", group: "g"), process("b", group: "g")),
            "bad process name supplied"
        ),
        ("fg a", programs(process("a", "STOPPED")), "process not running"),
    ]

    @Test("fg refuses what supervisorctl refuses", arguments: 0..<refusals.count)
    func refusal(index: Int) {
        let (line, answer, reason) = Self.refusals[index]
        let seen = Transcript(line, on: ScriptedDaemon(answer.map { [.success($0)] } ?? []))
        #expect(seen.output.split(separator: "\n").first.map(String.init) == "ERROR: \(reason)")
        #expect(seen.status == 1)
        #expect(seen.streams.isEmpty)
    }

    @Test("open goes over to another daemon and shows its status, which counts for nothing")
    func open() {
        let other = ScriptedDaemon([.success(programs(process("b", "STOPPED")))])
        var addresses: [String] = []
        let seen = Transcript("open unix:///other.sock", on: ScriptedDaemon([])) { url in
            addresses.append(url)
            return other
        }
        #expect(addresses == ["unix:///other.sock"])
        #expect(seen.requests.isEmpty)
        #expect(other.requests == [.programs(.all), .daemon])
        #expect(seen.output.hasPrefix("b   "))
        #expect(seen.status == 0)
    }

    @Test("open refuses what is no address", arguments: ["", "ftp://x", "/run/s.sock"])
    func noAddress(url: String) {
        let seen = Transcript("open \(url)")
        #expect(seen.output == "ERROR: url must be http:// or unix://\n")
        #expect(seen.status == 1)
    }
}
