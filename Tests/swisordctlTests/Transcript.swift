// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Synchronization

@testable import swisordctl

/// What was written to one output.
final class Paper: OutputSink {
    private let bytes = Mutex<[UInt8]>([])

    func write(_ bytes: [UInt8]) {
        self.bytes.withLock { $0 += bytes }
    }

    var text: String { String(decoding: raw, as: UTF8.self) }
    var raw: [UInt8] { bytes.withLock { $0 } }
}

/// A daemon that answers from a script and keeps what it was asked.
final class ScriptedDaemon: DaemonConnection {
    let endpoint: Endpoint
    private var answers: [Result<Response, ConnectionFailure>]
    private let events: [StreamEvent]
    private let streamFailure: ConnectionFailure?
    private(set) var requests: [Request] = []
    private(set) var streams: [StreamRequest] = []

    init(
        _ answers: [Result<Response, ConnectionFailure>],
        events: [StreamEvent] = [],
        streamFailure: ConnectionFailure? = nil,
        configuration: String? = nil
    ) {
        self.answers = answers
        self.events = events
        self.streamFailure = streamFailure
        endpoint = Endpoint(url: "unix:///run/s.sock", configuration: configuration)
    }

    func send(_ request: Request) throws(ConnectionFailure) -> Response {
        requests.append(request)
        guard !answers.isEmpty else { throw .other("nothing left in the script") }
        return try answers.removeFirst().get()
    }

    func stream(
        _ request: StreamRequest,
        receive: (StreamEvent) -> Bool
    ) throws(ConnectionFailure) {
        streams.append(request)
        if let streamFailure { throw streamFailure }
        for event in events {
            guard receive(event) else { return }
        }
    }

    func streamBeside(
        _ request: StreamRequest,
        receiver: @escaping @Sendable () -> (StreamEvent) -> Bool
    ) {
        try? stream(request, receive: receiver())
    }
}

/// One command from its words to its exit status.
struct Transcript {
    var output = ""
    var errors = ""
    var rawOutput: [UInt8] = []
    var status: Int32 = 0
    var requests: [Request] = []
    var streams: [StreamRequest] = []

    init(
        _ line: String,
        _ answers: Response...,
        json: Bool = false,
        isTerminal: Bool = false,
        hasColours: Bool = false
    ) {
        self.init(
            line,
            on: ScriptedDaemon(answers.map { .success($0) }),
            json: json,
            isTerminal: isTerminal,
            hasColours: hasColours
        )
    }

    init(
        _ line: String,
        on daemon: ScriptedDaemon,
        json: Bool = false,
        isTerminal: Bool = false,
        hasColours: Bool = false,
        typed: [String] = [],
        connect: @escaping (String) -> any DaemonConnection = { _ in ScriptedDaemon([]) }
    ) {
        let output = Paper()
        let errors = Paper()
        var traits = Terminal.Traits()
        traits.outputIsTerminal = isTerminal
        traits.hasColours = hasColours
        var session = Session(
            connection: daemon,
            terminal: Terminal(output: output, errors: errors, traits: traits),
            json: json
        )
        var typed = typed[...]
        session.input = { typed.popFirst().map { Array($0.utf8) } }
        session.connect = connect
        session.run(Words(line).all)
        self.output = output.text
        self.errors = errors.text
        rawOutput = output.raw
        status = session.exitStatus.rawValue
        requests = daemon.requests
        streams = daemon.streams
    }
}

/// A process as the daemon describes it.
func process(
    _ name: String,
    _ state: String = "RUNNING",
    group: String? = nil,
    pid: Int = 0,
    exit: ProcessInfo.Exit? = nil,
    description: String = "",
    why: String? = nil,
    stdout: ProcessInfo.Log = .init(path: nil),
    stderr: ProcessInfo.Log = .init(path: nil)
) -> ProcessInfo {
    ProcessInfo(
        name: name,
        group: group ?? name,
        state: state,
        stateCode: 0,
        pid: pid,
        exit: exit,
        description: description,
        why: why,
        stdout: stdout,
        stderr: stderr
    )
}

/// The result of a command for one process, or of its failure.
func result(
    _ name: String,
    group: String? = nil,
    _ action: CommandResult.Action,
    _ code: APIError.Code? = nil,
    _ message: String = ""
) -> CommandResult {
    CommandResult(
        name: name,
        group: group ?? name,
        action: action,
        error: code.map { APIError($0, message) }
    )
}

func report(_ results: CommandResult...) -> Response {
    .command(CommandReport(results: results))
}

func programs(_ programs: ProcessInfo..., missing: [CommandResult] = []) -> Response {
    .programs(ProgramList(programs: programs, missing: missing))
}

func daemonInfo() -> DaemonInfo {
    DaemonInfo(
        version: "0.1.0",
        pid: 4711,
        state: .running,
        identifier: "swisord",
        configurationFile: "/etc/swisord/supervisor.yaml",
        startedAt: 0,
        socket: "/run/s.sock",
        logfile: .init(path: "/var/log/swisord.log"),
        programs: 3
    )
}
