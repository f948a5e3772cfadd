// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import OrderedCollections
import Platform
import Supervision
import Testing

@testable import swisord

@Suite("The history of a configuration")
struct ConfigurationHistoryTests {
    private let folder: String

    init() throws {
        var template = Array("/tmp/swisord-history-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        folder = try #require(made)
    }

    /// Writes a configuration, reads it as the daemon does and takes it away again.
    private func read(_ text: String) throws -> LoadedConfiguration {
        let path = "\(folder)/supervisor.yaml"
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        defer { unlink(path) }
        let reading = ConfigurationReader.read(path, overrides)
        return try #require(reading.loaded, "\(reading.text)")
    }

    private let overrides: DaemonOverrides = {
        var overrides = DaemonOverrides()
        overrides.identifier = "of the command line"
        return overrides
    }()

    private func program(_ name: String, _ command: String) -> String {
        "{command: \(command), stdout_logfile: NONE, stderr_logfile: NONE, user: root}"
    }

    private func text(_ commands: [String: String], _ section: String = "") -> String {
        let programs = commands.sorted { $0.key < $1.key }
            .map { "  \($0.key): \(program($0.key, $0.value))" }
        return "swisord: {\(section)}\nprograms:\n" + programs.joined(separator: "\n") + "\n"
    }

    private func check(_ loaded: LoadedConfiguration, steps: Int) throws {
        #expect(loaded.history.steps.count == steps)
        let bytes = try #require(loaded.history.bytes)
        let history = try ConfigurationHistory(bytes: bytes)
        #expect(history == loaded.history)
        let again = try #require(history.replay(overrides).loaded)
        #expect(again.configuration == loaded.configuration)
        #expect(again.accounts == loaded.accounts)
        #expect(again.history == loaded.history)
    }

    @Test("makes again what is in force, after any updates, when no file is left")
    func replay() throws {
        var loaded = try read(text(["a": "one", "b": "one", "c": "one"], "loglevel: warn"))
        try check(loaded, steps: 1)

        var new = try read(text(["a": "two", "b": "two", "d": "two"], "loglevel: debug"))
        loaded.takeUp(loaded.taking(["b"], from: new))
        try check(loaded, steps: 2)
        #expect(loaded.configuration.processes.map(\.arguments) == [["one"], ["one"], ["two"]])

        loaded.takeUp(loaded.taking(["c", "d"], from: new))
        try check(loaded, steps: 3)
        #expect(loaded.configuration.processes.map(\.name.process) == ["a", "b", "d"])

        new = try read(text(["a": "three", "b": "three"]))
        loaded.takeUp(loaded.taking(["b"], from: new))
        try check(loaded, steps: 3)
        #expect(loaded.configuration.processes.map(\.arguments) == [["one"], ["two"], ["three"]])

        loaded.takeUp(loaded.replaced(by: new))
        try check(loaded, steps: 2)
        #expect(loaded.configuration.processes.map(\.arguments) == [["three"], ["three"]])
        #expect(loaded.configuration.daemon.logLevel == .warn, "as the daemon was started")
        #expect(loaded.configuration.daemon.identifier == "of the command line")
        #expect(loaded.accounts.count == 1)

        let back = try read(text(["a": "one", "b": "one", "c": "one"], "loglevel: warn"))
        loaded.takeUp(loaded.replaced(by: back))
        try check(loaded, steps: 1)
    }

    @Test("keeps a group out that was taken out, until it is taken up again")
    func without() throws {
        let file = try read(text(["a": "one", "b": "one", "c": "one"]))
        var loaded = file
        loaded.takeUp(loaded.without(["b"]))
        try check(loaded, steps: 2)
        #expect(loaded.configuration.processes.map(\.name.process) == ["a", "c"])
        #expect(loaded.configuration.groups["b"] == nil)

        loaded.takeUp(loaded.without(["c"]))
        try check(loaded, steps: 3)
        loaded.takeUp(loaded.taking(["b"], from: file))
        try check(loaded, steps: 3)
        #expect(loaded.configuration.processes.map(\.name.process) == ["a", "b"])

        loaded.takeUp(loaded.replaced(by: file))
        try check(loaded, steps: 1)
        #expect(loaded.configuration.processes.count == 3)
    }

    @Test("counts a file as loaded with the last group of it that is taken up")
    func inForce() throws {
        var loaded = try read(text(["a": "one", "b": "one"]))
        let before = loaded.history.inForce
        let new = try read(text(["a": "two", "b": "two"]))
        loaded.takeUp(loaded.taking(["a"], from: new))
        #expect(loaded.history.inForce == before)
        loaded.takeUp(loaded.taking(["b"], from: new))
        #expect(loaded.history.inForce == new.history.inForce)
        #expect(loaded.history.inForce != before)
        try check(loaded, steps: 2)
        loaded.takeUp(loaded.without(["b"]))
        #expect(loaded.history.inForce == new.history.inForce)
    }

    private func commands(_ history: ConfigurationHistory) -> [String: [String]] {
        let departed = history.departed(overrides)
        return Dictionary(
            uniqueKeysWithValues: departed.map {
                ($0.key.process, $0.value.configuration.arguments)
            }
        )
    }

    @Test("remembers what those went by that were taken out, for as long as they need it")
    func departures() throws {
        func name(_ text: String) -> ProcessName { ProcessName(group: text, process: text) }
        var loaded = try read(text(["a": "one", "b": "one", "c": "one", "d": "one"]))
        func take(
            _ names: Set<String>,
            _ target: LoadedConfiguration,
            unfinished: Set<String>
        ) {
            var target = target
            target.history = target.history.departing(
                Set(names.map(name)),
                from: loaded.history,
                unfinished: Set(unfinished.map(name))
            )
            loaded.takeUp(target)
        }
        take([], loaded.taking(["b"], from: try read(text(["b": "two"]))), unfinished: [])
        #expect(loaded.history.departures.isEmpty)
        take(["a"], loaded.without(["a"]), unfinished: [])
        take(["b"], loaded.without(["b"]), unfinished: ["a"])
        try check(loaded, steps: 3)
        #expect(commands(loaded.history) == ["a": ["one"], "b": ["two"]])
        #expect(loaded.history.departed(overrides)[name("b")]?.credentials?.uid == 0)

        take(["c"], loaded.replaced(by: try read(text(["d": "two"]))), unfinished: ["a", "b"])
        try check(loaded, steps: 2)
        #expect(loaded.history.departures.count == 2, "two are of one reading")
        #expect(commands(loaded.history) == ["a": ["one"], "b": ["two"], "c": ["one"]])

        take(
            [],
            loaded.replaced(by: try read(text(["a": "three", "d": "two"]))),
            unfinished: ["a"]
        )
        #expect(commands(loaded.history) == ["a": ["one"]])
        take(["a"], loaded.replaced(by: try read(text(["d": "two"]))), unfinished: ["a"])
        #expect(commands(loaded.history) == ["a": ["three"]], "it came back, and is gone again")
        take([], loaded.replaced(by: try read(text(["d": "two"]))), unfinished: [])
        #expect(loaded.history.departures.isEmpty)
    }

    @Test("of the version before this one, which knew of no departures, is understood")
    func versionBefore() throws {
        let loaded = try read(text(["a": "one"]))
        var body = Array(try #require(loaded.history.bytes).dropLast(8))
        body[0] = 2
        var tail = BinaryWriter()
        tail.write(Checksum.of(body))
        #expect(try ConfigurationHistory(bytes: body + tail.bytes) == loaded.history)
    }

    @Test("is refused when anything of it was changed or is missing")
    func damage() throws {
        let bytes = try #require(try read(text(["a": "one"])).history.bytes)
        for length in bytes.indices {
            #expect(throws: BinaryFault.self) {
                try ConfigurationHistory(bytes: Array(bytes[..<length]))
            }
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x04
            #expect(throws: BinaryFault.self) { try ConfigurationHistory(bytes: changed) }
        }
    }

    @Test("never traps, whatever somebody writes with right checksums")
    func hostile() throws {
        var random = SplitMix64(seed: 9)
        let bytes = try #require(try read(text(["a": "one"])).history.bytes)
        for _ in 0..<2000 {
            var body = Array(bytes.dropLast(4))
            let index = Int.random(in: 0..<body.count, using: &random)
            body[index] = UInt8.random(in: 0...255, using: &random)
            var tail = BinaryWriter()
            tail.write(Checksum.of(body))
            _ = try? ConfigurationHistory(bytes: body + tail.bytes).replay(overrides)
        }
    }
}

extension ConfigurationHistory {
    /// A history of one reading, of which nothing but the file is known.
    static func made(_ file: String) -> ConfigurationHistory {
        ConfigurationHistory(
            Reading(
                recording: ConfigurationRecording(file: file, in: .ofThisProcess()),
                accounts: [:]
            )
        )
    }
}
