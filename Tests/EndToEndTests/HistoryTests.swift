// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

/// One command of a client, and the part of the daemon's history in which it was carried out.
private struct Operation: CustomStringConvertible {
    let verb: String
    let program: String
    /// Events that had come before it was sent, and those that had come with its answer.
    let from: Int
    var to = 0
    var action = ""
    var error = ""

    var description: String { "\(verb) \(program): \(action) \(error), events \(from)..<\(to)" }

    /// Whether the states that the program had meanwhile explain the answer.
    func isExplained(by states: Set<String>, entered: Set<String>) -> Bool {
        switch (verb, error.isEmpty ? action : error) {
        // Another client's start may follow at once, without a moment in STOPPED.
        case ("stop", "stopped"): !entered.isDisjoint(with: ["STOPPED", "STARTING", "RUNNING"])
        case ("stop", "not_running"), ("restart", "not_running"):
            !states.isDisjoint(with: ["STOPPED", "EXITED", "FATAL"])
        case ("start", "started"), ("restart", "started"):
            !entered.isDisjoint(with: ["STARTING", "RUNNING"])
        case ("start", "already_started"), ("restart", "already_started"):
            !states.isDisjoint(with: ["STARTING", "RUNNING", "BACKOFF"])
        // Another client's stop came between.
        case ("start", "abnormal_termination"), ("restart", "abnormal_termination"),
            ("start", "not_running"):
            !states.isDisjoint(with: ["STOPPING", "STOPPED", "EXITED"])
        default: false
        }
    }
}

/// Clients that give commands at the same time, in one loop, and the history that they share.
private final class Crowd {
    let daemon: Daemon
    let watch: EventWatch
    var done: [Operation] = []
    var unanswered = 0
    private var busy: [(operation: Operation, connection: RawHTTP)] = []
    private var random: SplitMix
    private static let verbs = ["start", "stop", "restart", "stop", "start"]

    init(_ daemon: Daemon, seed: UInt64) throws {
        self.daemon = daemon
        watch = try EventWatch(daemon.socket)
        random = SplitMix(state: seed)
    }

    /// Has so many commands carried out, eight at a time.
    func run(_ count: Int, on programs: [String]) throws {
        var given = 0
        try eventually(
            "all answers",
            within: .seconds(100 + count),
            seeing: { "\(self.busy.count) open" }
        ) {
            while busy.count < 8, given < count {
                try give(to: programs)
                given += 1
            }
            for index in busy.indices.reversed() where !busy[index].connection.poll() {
                try take(index)
            }
            return given == count && busy.isEmpty
        }
    }

    private func give(to programs: [String]) throws {
        let operation = Operation(
            verb: Self.verbs.randomElement(using: &random) ?? "",
            program: programs.randomElement(using: &random) ?? "",
            from: watch.count()
        )
        let connection = try RawHTTP(daemon.socket)
        connection.request("POST", "/v1/programs/\(operation.program)/\(operation.verb)?wait=true")
        busy.append((operation, connection))
    }

    private func take(_ index: Int) throws {
        var (operation, connection) = busy.remove(at: index)
        let answer = connection.answer
        // Closed without a word: a client would ask again, and nothing was promised to this one.
        guard answer.status != 0 else { return unanswered += 1 }
        guard let report = try? answer.decoded(CommandReport.self), let result = report.results.last
        else { throw Program.Failure(description: "\(operation): \(answer.status) \(answer.text)") }
        operation.action = result.action.rawValue
        operation.error = result.error?.code.rawValue ?? ""
        operation.to = watch.count()
        done.append(operation)
    }
}

/// SplitMix64: the same commands for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("The history of concurrent commands", .scenarios, .timeLimit(.minutes(10)))
struct HistoryTests {
    private static let following: [String: Set<String>] = [
        "STOPPED": ["STARTING", "RUNNING"],
        "EXITED": ["STARTING", "RUNNING"],
        "STARTING": ["RUNNING", "STOPPING", "BACKOFF", "EXITED"],
        "RUNNING": ["STOPPING", "EXITED", "STARTING"],
        "STOPPING": ["STOPPED", "STARTING", "RUNNING"],
        "BACKOFF": ["STARTING", "STOPPED", "FATAL"],
    ]

    private static func variable(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test("is explained, answers and all, by the one order of the events")
    func oneOrder() throws {
        let count = Int(Self.variable("SWISORD_HISTORY") ?? 120)
        let seed = Self.variable("SWISORD_SEED") ?? 1
        let programs = ["a", "b", "c"]
        try Daemon.running(
            """
            defaults: {command: sleep 1000, startsecs: 5ms, autostart: false}
            programs: {a: {}, b: {}, c: {}}
            """
        ) { daemon in
            let crowd = try Crowd(daemon, seed: seed)
            try crowd.run(count, on: programs)
            let counted = crowd.watch.count()
            let notes = try crowd.watch.notes()
            #expect(notes.count >= counted)
            #expect(zip(notes, notes.dropFirst()).allSatisfy { $0.serial + 1 == $1.serial })
            for program in programs { try check(program, notes, crowd.done, seed) }
            #expect(crowd.done.count + crowd.unanswered == count)
            #expect(crowd.unanswered == 0)
            print(
                "history: \(count) commands, \(notes.count) events, seed \(seed): one order, "
                    + "\(crowd.unanswered) unanswered"
            )
        }
    }

    /// Each state follows from the one before, and each answer from the states of its time.
    private func check(
        _ program: String,
        _ notes: [EventNote],
        _ operations: [Operation],
        _ seed: UInt64
    ) throws {
        var states = ["STOPPED"]
        for note in notes {
            let last = states.last ?? ""
            guard note.name == program, let to = note.to else {
                states.append(last)
                continue
            }
            #expect(note.from == last, "\(program), seed \(seed)")
            #expect(Self.following[last]?.contains(to) == true, "\(program): \(last) to \(to)")
            states.append(to)
        }
        // states[n] is the state after n events.
        for operation in operations where operation.program == program {
            let meanwhile = states[operation.from...operation.to]
            var entered: Set<String> = []
            for (index, note) in notes.enumerated()
            where note.name == program && (operation.from..<operation.to).contains(index) {
                entered.insert(note.to ?? "")
            }
            #expect(
                operation.isExplained(by: Set(meanwhile), entered: entered),
                "\(operation), seed \(seed): \(Array(meanwhile))"
            )
        }
    }
}
