// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

/// One command of a client, and the part of the daemon's history in which it was carried out.
private struct Operation: CustomStringConvertible {
    let verb: String
    let program: String
    /// By which it is carried out once, however often it is sent.
    let key: String
    /// Events that had come before it was sent, and those that had come with its answer.
    let from: Int
    var to = 0
    var action = ""
    var error = ""

    /// An answer that only the death of a manager can explain.
    static let unknown = "unknown"

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
    var done: [Operation] = []
    /// How often an answer was cut off, and the command sent again.
    var repeated = 0
    /// How many events had been heard when a manager was killed.
    ///
    /// What it told then may be lost.
    private(set) var gaps: [Int] = []
    private var watch: EventWatch
    private var past: [EventNote] = []
    private var busy: [(operation: Operation, connection: RawHTTP)] = []
    private var random: SplitMix
    private static let verbs = ["start", "stop", "restart", "stop", "start"]

    init(_ daemon: Daemon, seed: UInt64) throws {
        self.daemon = daemon
        watch = try EventWatch(daemon.socket)
        random = SplitMix(state: seed)
    }

    /// How many events have been heard.
    func count() -> Int { past.count + watch.count() }

    /// All events that have been heard.
    func notes() throws -> [EventNote] { try past + watch.notes() }

    /// Has so many commands carried out, eight at a time, and a manager killed after each `life`.
    func run(_ count: Int, on programs: [String], life: Int) throws {
        var given = 0
        var nextKill = life
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
            if done.count >= nextKill, done.count < count {
                try killManager()
                nextKill = done.count + life
            }
            return given == count && busy.isEmpty
        }
    }

    private func killManager() throws {
        kill(pid_t(try daemon.managerPid()), SIGKILL)
        try eventually("the end of the stream") { !watch.poll() }
        past += try watch.notes()
        gaps.append(past.count)
        watch = try EventWatch(daemon.socket)
    }

    private func give(to programs: [String]) throws {
        let digits = String(random.next(), radix: 16)
        let operation = Operation(
            verb: Self.verbs.randomElement(using: &random) ?? "",
            program: programs.randomElement(using: &random) ?? "",
            key: String(repeating: "0", count: 32 - digits.utf8.count) + digits,
            from: count()
        )
        try send(operation)
    }

    private func send(_ operation: Operation) throws {
        let connection = try RawHTTP(daemon.socket)
        connection.send(
            "POST /v1/programs/\(operation.program)/\(operation.verb)?wait=true HTTP/1.1\r\n"
                + "Host: localhost\r\nConnection: close\r\nIdempotency-Key: \(operation.key)\r\n\r\n"
        )
        busy.append((operation, connection))
    }

    private func take(_ index: Int) throws {
        var (operation, connection) = busy.remove(at: index)
        let answer = connection.answer
        // Closed without a word: a client asks again.
        guard answer.status != 0 else {
            repeated += 1
            return try send(operation)
        }
        // The manager was killed between writing it down and doing it, as the manual has it.
        if answer.status == 500, answer.text.contains("its outcome is unknown") {
            operation.error = Operation.unknown
            operation.to = count()
            return done.append(operation)
        }
        guard let report = try? answer.decoded(CommandReport.self), let result = report.results.last
        else { throw Program.Failure(description: "\(operation): \(answer.status) \(answer.text)") }
        operation.action = result.action.rawValue
        operation.error = result.error?.code.rawValue ?? ""
        operation.to = count()
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

    @Test(
        "is explained, answers and all, by the one order of the events, over dying managers too",
        arguments: [Int.max, 40]
    )
    func oneOrder(life: Int) throws {
        let count = Int(Self.variable("SWISORD_HISTORY") ?? 120)
        let seed = Self.variable("SWISORD_SEED") ?? 1
        let programs = ["a", "b", "c"]
        try Daemon.prepared(
            """
            defaults: {command: sleep 1000, startsecs: 5ms, autostart: false}
            programs: {a: {}, b: {}, c: {}}
            """
        ) { daemon in
            // Without the pause that a guardian makes after several crashes.
            try daemon.start(adding: ["SWISORD_GUARDIAN_PAUSE=1"])
            let crowd = try Crowd(daemon, seed: seed)
            try crowd.run(count, on: programs, life: life)
            let counted = crowd.count()
            let notes = try crowd.notes()
            #expect(notes.count >= counted)
            for (index, (one, next)) in zip(notes, notes.dropFirst()).enumerated() {
                let isGap = crowd.gaps.contains(index + 1)
                #expect(isGap ? one.serial < next.serial : one.serial + 1 == next.serial)
            }
            for program in programs { try check(program, notes, crowd, seed) }
            #expect(crowd.done.count == count)
            #expect(crowd.gaps.isEmpty == (life == .max))
            #expect(crowd.repeated == 0 || life != .max)
            try noSecondCopies(daemon)
            print(
                "history: \(count) commands, \(notes.count) events, \(crowd.gaps.count) managers "
                    + "killed, \(crowd.repeated) commands sent again, seed \(seed): one order"
            )
        }
    }

    /// There is one process for each program that is RUNNING, and no other.
    private func noSecondCopies(_ daemon: Daemon) throws {
        try eventually("one process for each program") {
            let running = try daemon.programs().filter { $0.state == "RUNNING" }.map(\.pid)
            let children = contents("/proc/\(daemon.pid)/task/\(daemon.pid)/children")
            let sleeping = children.split(separator: " ").compactMap { Int($0) }.filter {
                contents("/proc/\($0)/comm") == "sleep\n" && isAlive($0)
            }
            return running.sorted() == sleeping.sorted()
        }
    }

    /// Each state follows from the one before, and each answer from the states of its time.
    private func check(
        _ program: String,
        _ notes: [EventNote],
        _ crowd: Crowd,
        _ seed: UInt64
    ) throws {
        let states = try states(of: program, notes, crowd, seed)
        let all = Set(Self.following.keys).union(["FATAL"])
        for operation in crowd.done where operation.program == program {
            let meanwhile = states[operation.from...operation.to]
            // Whatever may have happened when a manager was killed, the answer is one there can be.
            if crowd.gaps.contains(where: { (operation.from...operation.to).contains($0) }) {
                let isExplained = operation.isExplained(by: all, entered: all)
                let isUnknown = operation.error == Operation.unknown
                #expect(isExplained || isUnknown, "\(operation), seed \(seed)")
                continue
            }
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

    /// The state after each number of events; what is not known after a kill, the next event tells.
    private func states(
        of program: String,
        _ notes: [EventNote],
        _ crowd: Crowd,
        _ seed: UInt64
    ) throws -> [String] {
        var states = ["STOPPED"]
        func tell(_ state: String) {
            for index in states.indices.reversed() where states[index].isEmpty {
                states[index] = state
            }
        }
        for (index, note) in notes.enumerated() {
            if crowd.gaps.contains(index) { states[index] = "" }
            guard note.name == program, let from = note.from, let to = note.to else {
                states.append(states[index])
                continue
            }
            tell(from)
            #expect(from == states[index], "\(program), seed \(seed)")
            #expect(Self.following[from]?.contains(to) == true, "\(program): \(from) to \(to)")
            states.append(to)
        }
        if crowd.gaps.contains(notes.count) { states[notes.count] = "" }
        tell(try crowd.daemon.program(program).state)
        return states
    }
}
