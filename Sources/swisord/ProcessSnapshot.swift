// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Supervision

/// Maps the fleet's nouns to those of the wire; the only file that knows both.
struct ProcessSnapshot {
    let text: StatusText

    func info(
        _ member: FleetMember,
        isAdopted: Bool = false,
        stdout: ProcessInfo.Log,
        stderr: ProcessInfo.Log
    ) -> ProcessInfo {
        let machine = member.machine
        let live = machine.liveRun
        var info = ProcessInfo(
            name: member.name.process,
            group: member.name.group,
            state: machine.state.name,
            stateCode: machine.state.rawValue,
            description: text.description(of: member)
        )
        info.pid = Int(live?.pid ?? 0)
        info.startedAt = member.history.startedAt.map(text.wall)
        info.stoppedAt = member.history.endedAt.map(text.wall)
        info.uptime = live.map { text.now.duration(since: $0.startedAt).inSeconds }
        info.exit = member.history.lastExit.map(exit)
        info.runs = member.history.runs
        info.failures = machine.failures
        info.retryLimit = machine.policy.startRetries
        if case .backoff(_, let until) = machine.phase {
            info.nextAttemptIn = max(0, until.duration(since: text.now).inSeconds)
        }
        info.why = text.why(of: member)
        info.stdout = stdout
        info.stderr = stderr
        info.autostart = machine.policy.autostart
        info.priority = member.spec.priority
        if isAdopted { info.adopted = true }
        return info
    }

    func exit(_ status: ExitStatus) -> ProcessInfo.Exit {
        switch status {
        case .code(let code):
            ProcessInfo.Exit(
                code: Int(code),
                signal: nil,
                signalName: nil,
                coreDumped: false,
                text: status.description
            )
        case .signal(let signal, let coreDumped):
            ProcessInfo.Exit(
                code: nil,
                signal: Int(signal.rawValue),
                signalName: signal.name,
                coreDumped: coreDumped,
                text: status.description
            )
        case .neverExecuted, .unknown:
            ProcessInfo.Exit(
                code: nil,
                signal: nil,
                signalName: nil,
                coreDumped: false,
                text: status.description
            )
        }
    }
}

extension CommandResult {
    init(_ outcome: CommandOutcome) {
        let action: Action =
            switch outcome.action {
            case .started: .started
            case .stopped: .stopped
            }
        self.init(
            name: outcome.name.process,
            group: outcome.name.group,
            action: action,
            error: outcome.failure.map { APIError($0, of: outcome.name) }
        )
    }
}

extension APIError {
    init(_ failure: CommandOutcome.Failure, of name: ProcessName) {
        switch failure {
        case .noSuchProcess:
            self.init(
                .noSuchProcess,
                "there is no process '\(name)'",
                hint: "swisordctl status lists all; swisordctl update takes up new ones"
            )
        case .noSuchGroup:
            self.init(.noSuchGroup, "there is no group '\(name.group)'")
        case .alreadyStarted: self.init(.alreadyStarted, "\(name) is already started")
        case .notRunning: self.init(.notRunning, "\(name) is not running")
        case .shuttingDown: self.init(.shuttingDown, "swisord is shutting down")
        case .spawnError(let status): self.init(spawn: status, of: name)
        case .abnormalTermination(let why): self.init(.abnormalTermination, why)
        }
    }

    /// A start that failed: told apart where supervisord tells apart, by what exec said.
    private init(spawn status: ExitStatus, of name: ProcessName) {
        guard case .neverExecuted(let failure) = status else {
            self.init(
                .spawnError,
                "the start failed: \(status)",
                hint: "swisordctl tail \(name) shows its last output"
            )
            return
        }
        let code: Code =
            switch (failure.step, failure.isPermanent) {
            case (.exec, true):
                failure.errorNumber == 13 ? .notExecutable : .noSuchFile
            default: .spawnError
            }
        self.init(code, failure.description)
    }
}

extension ProcessInfo.Listener {
    /// What is known of a listener; nil for a process that is none.
    init?(_ id: MemberID, in pool: EventPool) {
        guard let look = pool.look(at: id) else { return nil }
        let state =
            switch look.phase {
            case .ready: "READY"
            case .busy: "BUSY"
            case .acknowledged: "ACKNOWLEDGED"
            case .confused: "UNKNOWN"
            }
        self.init(
            state: state,
            waiting: pool.waiting.count,
            accepted: pool.counts.accepted,
            refused: pool.counts.refused,
            dropped: pool.counts.dropped
        )
    }
}
