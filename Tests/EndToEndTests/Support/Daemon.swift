// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc

/// The real daemon in a directory of its own, and the real swisordctl to drive it.
final class Daemon {
    let scratch: Scratch
    private(set) var process: Program?
    private var launched: [Program] = []
    private var environment: [String]
    /// A program that becomes the daemon after it has prepared something, with its arguments.
    var wrapper: [String] = []

    /// Gives a daemon, not started yet, to the body, and ends all that has come of it.
    static func prepared(
        _ programs: String,
        settings: [String] = [],
        _ body: (Daemon) throws -> Void
    ) throws {
        let scratch = try Scratch()
        let daemon = Daemon(scratch)
        defer { daemon.end() }
        daemon.configure(programs, settings: settings)
        do {
            try body(daemon)
        } catch {
            throw Program.Failure(
                description: "\(error)\n--- the activity log:\n\(daemon.log)"
                    + "\n--- its errors:\n\(daemon.process?.errors ?? "")"
            )
        }
    }

    /// Gives a daemon that runs in the foreground and answers.
    static func running(
        _ programs: String,
        settings: [String] = [],
        _ body: (Daemon) throws -> Void
    ) throws {
        try prepared(programs, settings: settings) { daemon in
            try daemon.start()
            try body(daemon)
        }
    }

    private init(_ scratch: Scratch) {
        self.scratch = scratch
        environment = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=\(scratch.path)", "LANG=C.UTF-8", "TZ=UTC", scratch.mark,
        ]
    }

    // MARK: - Files

    var home: String { scratch.path }
    var file: String { "\(home)/s.yaml" }
    var socket: String { "\(home)/run/swisord.sock" }
    var log: String { scratch.read("swisord.log") }

    /// Writes the configuration: where everything is, and the programs.
    func configure(_ programs: String, settings: [String] = []) {
        let places = [
            "logfile: \(home)/swisord.log", "runtime_dir: \(home)/run", "state_dir: \(home)/state",
            "childlogdir: \(home)/log",
        ]
        let section = (places + settings).map { "  \($0)\n" }.joined()
        scratch.write("s.yaml", "swisord:\n\(section)\(programs)\n")
    }

    func logLines(containing text: String) -> [String] {
        log.split(separator: "\n").map(String.init).filter { $0.contains(text) }
    }

    // MARK: - Running

    /// Where the test executable is, and the programs beside it.
    private static let binaries: String = {
        let path = (try? readLink("/proc/self/exe")) ?? ""
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()

    static var swisord: String { binaries + "/swisord" }
    static var swisordctl: String { binaries + "/swisordctl" }
    /// Serves the socket that it is given.
    static var acceptor: String { binaries + "/acceptor" }
    /// A disk whose writes can be held back.
    static var hangingDisk: String { binaries + "/hangingdisk" }

    /// Starts any program beside the daemon, with the scenario's mark.
    func launch(
        _ path: String,
        _ arguments: [String],
        adding variables: [String] = []
    ) throws -> Program {
        let program = try Program(
            path,
            arguments,
            environment: environment + variables,
            outputs: "\(home)/call-\(launched.count)",
            directory: home
        )
        launched.append(program)
        return program
    }

    /// Runs any program to its end.
    func run(_ path: String, _ arguments: [String]) throws -> Finished {
        try launch(path, arguments).finish()
    }

    /// Starts the daemon in the foreground and waits until it answers.
    func start(_ arguments: [String] = [], adding variables: [String] = []) throws {
        let words = wrapper + [Daemon.swisord, "-n", "-c", file] + arguments
        let started = try launch(words[0], Array(words.dropFirst()), adding: variables)
        process = started
        try eventually(
            "the socket to answer",
            seeing: { started.errors },
            {
                if started.isOver {
                    throw Program.Failure(description: "the daemon ended: \(started.errors)")
                }
                // The mark of a start that is complete: autostart has been attempted.
                return (try? information()) != nil
            }
        )
    }

    /// The pid of the daemon that runs in the foreground.
    var pid: Int { Int(process?.pid ?? 0) }

    func signal(_ number: Int32) {
        process?.signal(number)
    }

    /// The process that does the work, a child of the guardian.
    func managerPid() throws -> Int { try managerPid(of: pid) }

    /// The manager of a guardian.
    func managerPid(of pid: Int) throws -> Int {
        let children = contents("/proc/\(pid)/task/\(pid)/children").split(separator: " ")
        guard
            let manager = children.compactMap({ Int($0) }).first(where: {
                contents("/proc/\($0)/comm") == "swisord\n"
            })
        else { throw Program.Failure(description: "there is no manager") }
        return manager
    }

    /// Kills the manager and waits for the next one.
    func killManager() throws {
        let manager = try managerPid()
        kill(pid_t(manager), SIGKILL)
        try eventually("another manager") {
            (try? managerPid()).map { $0 != manager } ?? false && (try? information()) != nil
        }
    }

    /// Kills guardian and manager; the programs run on.
    func killBoth() throws {
        let manager = try managerPid()
        signal(SIGKILL)
        kill(pid_t(manager), SIGKILL)
        try finish()
        try eventually("the manager to be gone") { !isAlive(manager) }
    }

    /// Waits until the daemon has ended by itself.
    @discardableResult
    func finish(within limit: Duration = .seconds(120)) throws -> Finished {
        guard let process else { throw Program.Failure(description: "never started") }
        return try process.finish(within: limit)
    }

    func ctl(_ arguments: String...) throws -> Finished {
        try run(Daemon.swisordctl, ["-c", file] + arguments)
    }

    private func end() {
        if let process, !process.isOver {
            process.signal(SIGTERM)
            process.signal(SIGTERM)
            try? eventually("the end of the daemon", within: .seconds(2)) { process.isOver }
            process.end()
        }
        scratch.clear()
        // A child that nobody collects would hold up the exit tests of other suites.
        for program in launched { program.end() }
    }

    // MARK: - Asking

    func ask(_ method: String, _ target: String, body: String = "") throws -> RawHTTP.Answer {
        try RawHTTP.ask(socket, method, target, body: body)
    }

    func information() throws -> DaemonInfo {
        try ask("GET", "/v1/daemon").decoded()
    }

    func programs() throws -> [ProcessInfo] {
        try ask("GET", "/v1/programs").decoded(ProgramList.self).programs
    }

    func program(_ name: String) throws -> ProcessInfo {
        let answer = try ask("GET", "/v1/programs/\(name)")
        guard answer.status == 200 else { throw Program.Failure(description: answer.text) }
        return try answer.decoded()
    }

    /// Waits until a process is in a state, and says what is known of it then.
    @discardableResult
    func wait(for name: String, _ state: String) throws -> ProcessInfo {
        var last: ProcessInfo?
        try eventually(
            "\(name) to be \(state)",
            seeing: { last.map { "\($0)" } ?? "nothing" },
            {
                last = try program(name)
                return last?.state == state
            }
        )
        return try last ?? program(name)
    }

    func wait(forLog text: String) throws {
        try eventually("'\(text)' in the activity log") { log.contains(text) }
    }

    func wait(forFile name: String, toHold text: String) throws {
        try eventually("'\(text)' in \(name)", seeing: { scratch.read(name) }) {
            scratch.read(name).contains(text)
        }
    }
}
