// SPDX-License-Identifier: Apache-2.0

import Logging
import Supervision

/// Puts what happens in the fleet into the words of the activity log.
///
/// The shapes are supervisord's, because people and programs search for them.
struct Narrator {
    struct Line: Hashable {
        let level: Logger.Level
        let text: String
    }

    /// The line for a report, or nil where supervisord is silent as well.
    func line(for report: FleetReport, in fleet: Fleet) -> Line? {
        switch report {
        case .spawned(_, let name, let pid):
            Line(level: .info, text: "spawned: '\(name)' with pid \(pid)")
        case .spawnFailed(_, let name, let failure):
            Line(level: .info, text: "spawnerr: \(name): \(failure)")
        case .startAborted(_, let name, let pid):
            Line(
                level: .info,
                text: "start of '\(name)' was interrupted (pid \(pid)); starting it again"
            )
        case .exited(_, let name, _, let status, let expected, let wasStopping):
            exit(name, status, expected: expected, wasStopping: wasStopping)
        case .changed(let id, let name, let change):
            entry(name, change.to, fleet[id])
        case .killing(_, let name, let pid):
            Line(level: .warning, text: "killing '\(name)' (\(pid)) with SIGKILL")
        case .waiting(_, let name):
            Line(level: .info, text: "waiting for \(name) to stop")
        case .anomaly(_, let name, let text):
            Line(level: .critical, text: "impossible transition of \(name), ignored: \(text)")
        }
    }

    private func exit(
        _ name: ProcessName,
        _ status: ExitStatus,
        expected: Bool,
        wasStopping: Bool
    ) -> Line {
        if case .neverExecuted(let failure) = status {
            return Line(level: .info, text: "spawnerr: \(name): \(failure)")
        }
        if wasStopping { return Line(level: .info, text: "stopped: \(name) (\(status))") }
        return Line(
            level: expected ? .info : .warning,
            text: "exited: \(name) (\(status); \(expected ? "expected" : "not expected"))"
        )
    }

    private func entry(
        _ name: ProcessName,
        _ state: ProcessState,
        _ member: FleetMember?
    ) -> Line? {
        switch state {
        case .running:
            let seconds = (member?.spec.policy.startSeconds ?? .zero).inSeconds
            let text = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
            return Line(
                level: .info,
                text: "success: \(name) entered RUNNING state, process has stayed up for "
                    + "> than \(text) seconds (startsecs)"
            )
        case .fatal:
            let why: String =
                switch member?.history.lastExit {
                case .neverExecuted(let failure) where failure.isPermanent: "\(failure)"
                case .some, .none: "too many start retries too quickly"
                }
            return Line(level: .info, text: "gave up: \(name) entered FATAL state, \(why)")
        case .stopped, .starting, .backoff, .stopping, .exited, .unknown:
            return nil
        }
    }
}
