// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What is known of processes, told as supervisord tells it.
struct ProcessAnswer {
    private let answer: ProgramList

    init(_ response: Response) throws(Fault) {
        guard case .programs(let list) = response else { throw Fault(response, about: nil) }
        answer = list
    }

    /// The one process that was named.
    func single(_ name: String) throws(Fault) -> ProcessInfo {
        guard let process = answer.programs.first else { throw Fault(.badName, name) }
        return process
    }

    /// All that were meant; those of a group that does not exist are a fault.
    func list(_ name: String?) throws(Fault) -> [ProcessInfo] {
        guard answer.missing.isEmpty else { throw Fault(.badName, name) }
        return answer.programs
    }

    /// The struct of a process, with all of its fourteen members.
    func value(_ process: ProcessInfo) -> XMLValue {
        let stdout = XMLValue.text(process.stdout.path ?? "")
        return .structure([
            .init("name", .text(process.name)), .init("group", .text(process.group)),
            .init("start", .int(seconds(process.startedAt))),
            .init("stop", .int(seconds(process.stoppedAt))),
            .init("now", .int(seconds(answer.at))),
            .init("state", .int(process.stateCode)), .init("statename", .text(process.state)),
            .init("spawnerr", .text(spawnError(process))),
            .init("exitstatus", .int(exitStatus(process))),
            .init("logfile", stdout), .init("stdout_logfile", stdout),
            .init("stderr_logfile", .text(process.stderr.path ?? "")),
            .init("pid", .int(process.pid)),
            .init("description", .text(process.description)),
        ])
    }

    private func seconds(_ time: Double?) -> Int {
        guard let time, time.isFinite else { return 0 }
        return Int(exactly: time.rounded(.down)) ?? 0
    }

    /// The code of the last exit, -1 for a death by signal, 0 while it runs or when nobody knows.
    private func exitStatus(_ process: ProcessInfo) -> Int {
        guard process.pid == 0, let exit = process.exit else { return 0 }
        return exit.code ?? (exit.signal == nil ? 0 : -1)
    }

    private func spawnError(_ process: ProcessInfo) -> String {
        switch process.state {
        case "BACKOFF", "FATAL": process.description
        case "EXITED": process.why ?? ""
        default: ""
        }
    }
}
