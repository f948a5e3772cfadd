// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

/// What remains of a program when its leader has ended.
enum Remainder: String, CaseIterable, CustomTestStringConvertible {
    case inItsGroup
    case inAnotherSession

    var testDescription: String { rawValue }

    /// Where it goes, for the shell.
    var prefix: String { self == .inItsGroup ? "" : "setsid " }
}

/// Programs that others than the daemon have adopted: nobody tells when the last of one has ended.
@Suite("A stop of what has outlived its guardian", .scenarios, .timeLimit(.minutes(10)))
struct AbandonedTests {
    /// Gives a daemon that runs a program whose helper takes no note of a stop, and ends as soon as
    /// the file `go` is written; nothing else would ever end the stop.
    private func running(
        _ remainder: Remainder,
        _ trees: String,
        _ body: (Daemon, _ leader: Int) throws -> Void
    ) throws {
        try Daemon.prepared("") { daemon in
            mkfifo(daemon.home + "/go", 0o600)
            daemon.scratch.write("helper", "trap '' TERM\necho ready\nread x < \(daemon.home)/go\n")
            daemon.configure(
                """
                programs:
                  pair:
                    command: [sh, -c, "\(remainder.prefix)sh \(daemon.home)/helper & exec sleep 1000"]
                    startsecs: 0
                    stopwaitsecs: never
                """,
                settings: ["process_trees: \(trees)"]
            )
            try daemon.start()
            let leader = try daemon.wait(for: "pair", "RUNNING").pid
            try daemon.wait(forFile: "log/pair.log", toHold: "ready")
            try body(daemon, leader)
        }
    }

    /// Tells the leader to end, which leaves the helper.
    private func stop(_ daemon: Daemon, _ leader: Int) throws {
        _ = try daemon.ask("POST", "/v1/programs/pair/stop?wait=false")
        try eventually("the end of the leader") { !isAlive(leader) }
        try eventually("it to be noticed") {
            try daemon.program("pair").why?.contains("has ended, others") == true
        }
    }

    private func expectEnd(_ daemon: Daemon) throws {
        daemon.scratch.write("go", "x\n")
        try daemon.wait(for: "pair", "STOPPED")
        // Not by the end of a time that another stop would have.
        #expect(!daemon.log.contains("killing"))
    }

    private static let everywhere = [
        (Remainder.inItsGroup, "auto"), (.inItsGroup, "proc"), (.inItsGroup, "group"),
        (.inAnotherSession, "auto"), (.inAnotherSession, "proc"),
    ]

    @Test("ends with the last of it, when a new start has taken it back", arguments: everywhere)
    func adopted(_ remainder: Remainder, _ trees: String) throws {
        try running(remainder, trees) { daemon, leader in
            try daemon.killBoth()
            try daemon.start()
            try #require(try daemon.wait(for: "pair", "RUNNING").pid == leader)
            try stop(daemon, leader)
            try expectEnd(daemon)
        }
    }

    @Test("ends with the last of it, when the guardian has died", arguments: everywhere)
    func degraded(_ remainder: Remainder, _ trees: String) throws {
        try running(remainder, trees) { daemon, leader in
            daemon.signal(SIGKILL)
            try daemon.wait(forLog: "the guardian has died")
            try stop(daemon, leader)
            try expectEnd(daemon)
            _ = try daemon.ctl("shutdown")
            try eventually("the end of all") { (try? status(daemon.socket)) == nil }
        }
    }

    @Test("ends with the last of it, when the guardian dies meanwhile", arguments: everywhere)
    func meanwhile(_ remainder: Remainder, _ trees: String) throws {
        try running(remainder, trees) { daemon, leader in
            try stop(daemon, leader)
            daemon.signal(SIGKILL)
            try daemon.wait(forLog: "the guardian has died")
            try expectEnd(daemon)
            _ = try daemon.ctl("shutdown")
            try eventually("the end of all") { (try? status(daemon.socket)) == nil }
        }
    }

    @Test("ends with the last of it, when a manager follows meanwhile", arguments: everywhere)
    func followed(_ remainder: Remainder, _ trees: String) throws {
        try running(remainder, trees) { daemon, leader in
            try daemon.killBoth()
            try daemon.start()
            try daemon.wait(for: "pair", "RUNNING")
            try stop(daemon, leader)
            try daemon.killManager()
            try expectEnd(daemon)
        }
    }
}
