// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

/// Lines from a list, with what was shown before each.
final class ScriptedLines: LineSource {
    private var lines: [String]
    private(set) var prompts: [String] = []
    private(set) var remembered: [String] = []

    init(_ lines: [String]) {
        self.lines = lines
    }

    func next(prompt: String) -> String? {
        prompts.append(prompt)
        return lines.isEmpty ? nil : lines.removeFirst()
    }

    func remember(_ line: String) {
        remembered.append(line)
    }
}

@Suite("The shell")
struct ShellTests {
    private func run(_ lines: [String], _ answers: Response..., greeting: Bool = false) -> (
        output: String, requests: [Request], lines: ScriptedLines
    ) {
        let output = Paper()
        let daemon = ScriptedDaemon(answers.map { .success($0) })
        var session = Session(
            connection: daemon,
            terminal: Terminal(output: output, errors: Paper(), traits: .init())
        )
        let source = ScriptedLines(lines)
        Shell(lines: source).run(&session, greeting: greeting)
        return (output.text, daemon.requests, source)
    }

    @Test("begins with the status and goes on until the end of input")
    func greeting() {
        let seen = run(
            ["pid", "", " version  "],
            programs(),
            .daemon(daemonInfo()),
            .daemon(daemonInfo()),
            .daemon(daemonInfo()),
            greeting: true
        )
        #expect(seen.requests == [.programs(.all), .daemon, .daemon, .daemon])
        #expect(seen.output == "4711\n0.1.0\n")
        #expect(seen.lines.prompts == Array(repeating: "swisord> ", count: 4))
        #expect(seen.lines.remembered == ["pid", "version"])
    }

    @Test("ends with exit and with quit", arguments: ["exit", "quit"])
    func leave(word: String) {
        #expect(run([word, "pid"]).requests.isEmpty)
    }

    @Test("goes on after a failure")
    func failure() {
        let seen = run(["frob", "pid"], .daemon(daemonInfo()))
        #expect(seen.output == "*** Unknown syntax: frob\n4711\n")
    }

    @Test("asks before shutdown and reload, and takes only yes for yes")
    func confirmation() {
        #expect(run(["shutdown", "n"]).requests.isEmpty)
        #expect(run(["shutdown", ""]).requests.isEmpty)
        #expect(run(["shutdown"]).requests.isEmpty)
        #expect(run(["reload", "no"]).requests.isEmpty)
        let seen = run(["shutdown", "Yes"], report())
        #expect(seen.requests == [.shutdown])
        #expect(seen.lines.prompts[1].hasSuffix("y/N? "))
    }

    @Test("keeps its history under the state home, or in the home")
    func history() {
        #expect(HistoryFile.path(stateHome: "/s", home: "/h") == "/s/swisord/history")
        #expect(HistoryFile.path(stateHome: nil, home: "/h") == "/h/.local/state/swisord/history")
        #expect(HistoryFile.path(stateHome: "relative", home: nil) == nil)
    }
}

@Suite("Completion")
struct CompletionTests {
    private func complete(_ line: String) -> Completion {
        Completion(of: line) {
            [("comsol", "comsol"), ("web", "web_0"), ("web", "web_1"), ("weather", "weather")]
        }
    }

    @Test(
        "goes on as far as there is no choice",
        arguments: [
            ("statu", "s "), ("sta", ""), ("res", "tart "), ("start c", "omsol "),
            ("start we", ""), ("start web", ":"), ("start web:", ""), ("start web:w", "eb_"),
            ("update wea", "ther "), ("signal US", "R"), ("signal HUP com", "sol "),
            ("tail comsol stde", "rr "), ("tail -f com", "sol "), ("help maint", "ail "),
            ("frob x", ""), ("version ", ""), ("start zzz", ""), ("start comsol:", ""),
        ]
    )
    func insertion(line: String, expected: String) {
        #expect(complete(line).insertion == expected)
    }

    @Test("shows the choices where nothing is common")
    func choices() {
        #expect(complete("sta").choices == ["start", "status"])
        #expect(complete("start web:").choices == ["web:web_0", "web:*", "web:web_1"])
        #expect(complete("update we").choices == ["web", "weather"])
        #expect(complete("").choices.count == VerbTable.all.count)
    }
}
