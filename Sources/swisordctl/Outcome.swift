// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// The line and the exit status that a command's result for one process comes to.
struct Outcome {
    let result: CommandResult

    init(_ result: CommandResult) {
        self.result = result
    }

    var line: String {
        guard let error = result.error else { return "\(result.namespec): \(success)" }
        let name = error.code == .noSuchGroup ? result.group : result.namespec
        return "\(name): ERROR (\(phrase(for: error)))"
    }

    /// The reason in the daemon's words, where the line only has supervisorctl's.
    var detail: String? {
        guard let error = result.error else { return nil }
        switch error.code {
        case .spawnError, .abnormalTermination, .noSuchFile, .notExecutable, .failed:
            guard !error.message.isEmpty, error.message != phrase(for: error) else { return nil }
            let name = "\(result.namespec): "
            let reason = error.message.hasPrefix(name) ? error.message : name + error.message
            return error.hint.map { "\(reason); \($0)" } ?? reason
        default:
            return nil
        }
    }

    /// Nil where supervisorctl leaves the exit status as it is.
    var exitStatus: ExitStatus? {
        guard let error = result.error else { return nil }
        switch (error.code, result.action) {
        case (.alreadyStarted, .started), (.notRunning, .stopped): return nil
        case (.noSuchGroup, .started): return .invalidArguments
        case (.spawnError, _), (.abnormalTermination, _), (.notRunning, _): return .notRunning
        default: return .failure
        }
    }

    private var success: String {
        switch result.action {
        case .started: "started"
        case .stopped: "stopped"
        case .signalled: "signalled"
        case .cleared: "cleared"
        case .listed: "listed"
        case .sent: "sent"
        case .added: "added process group"
        case .removed: "removed process group"
        }
    }

    private func phrase(for error: APIError) -> String {
        switch error.code {
        case .noSuchProcess: "no such process"
        case .noSuchGroup: "no such group"
        case .noSuchFile: "no such file"
        case .notExecutable: "file is not executable"
        case .alreadyStarted: "already started"
        case .spawnError: "spawn error"
        case .abnormalTermination: "abnormal termination"
        case .badSignal: "bad signal name"
        case .notRunning: "not running"
        case .failed where result.action == .cleared: "failed"
        default: error.message
        }
    }
}

extension Session {
    /// Carries a command out and tells what came of it for each process.
    mutating func perform(
        _ request: Request,
        on patterns: [String],
        _ activity: String,
        arrange: ([CommandResult]) -> [CommandResult] = { $0 }
    ) throws(Interruption) {
        let what = patterns.count == 1 ? patterns[0] : "\(patterns.count) names"
        let session = self
        let response = try terminal.waiting(for: "\(what): \(activity)") {
            () throws(Interruption) in try session.send(request)
        }
        guard case .command(let report) = response else { throw .unexpected }
        let sorted = Pattern.sort(report.results, by: patterns) { ($0.group, $0.name) }
        tell(arrange(sorted.filter { !isNothingToDo($0, on: patterns) }))
        show(response)
    }

    /// Whether a process that no name was written for was as it should be: with `all`, `group:*`
    /// or a glob supervisorctl acts on those that it can act on, and is silent about the others.
    private func isNothingToDo(_ result: CommandResult, on patterns: [String]) -> Bool {
        guard result.error?.code == .alreadyStarted || result.error?.code == .notRunning else {
            return false
        }
        return patterns.contains("all")
            || !patterns.contains {
                $0 == result.namespec || $0 == "\(result.group):\(result.name)"
            }
    }

    mutating func tell(_ results: [CommandResult]) {
        for result in results {
            let outcome = Outcome(result)
            say(outcome.line)
            if let detail = outcome.detail { advise(detail) }
            exitStatus = outcome.exitStatus ?? exitStatus
        }
    }
}
