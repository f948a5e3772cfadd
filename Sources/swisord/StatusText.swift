// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision

/// The words of `status`: supervisord's description, and why a process is in its state.
struct StatusText {
    let now: Instant
    /// Seconds since 1970 at `now`.
    let wallNow: Double

    /// What supervisorctl prints behind the state.
    func description(of member: FleetMember) -> String {
        switch member.machine.state {
        case .running:
            guard let run = member.machine.liveRun else { return "" }
            return "pid \(run.pid), uptime \(uptime(now.duration(since: run.startedAt)))"
        case .backoff, .fatal: return failure(member.history)
        case .stopped, .exited:
            guard let ended = member.history.endedAt else { return "Not started" }
            return WallClock.statusStamp(wall(ended))
        case .starting, .stopping, .unknown: return ""
        }
    }

    /// Why a process is in its state, in one line; nil where the state says it all.
    func why(of member: FleetMember) -> String? {
        let policy = member.machine.policy
        switch member.machine.phase {
        case .backoff(let failures, let until):
            let retries =
                policy.startRetries.map { "\(failures) of \($0) retries" } ?? "retry \(failures)"
            return "\(failure(member.history)), \(retries), next in \(wait(until))"
        case .fatal(let failures):
            if case .neverExecuted(let failure) = member.history.lastExit, failure.isPermanent {
                return failure.description
            }
            let attempts = failures == 1 ? "1 attempt" : "\(failures) attempts"
            return "gave up after \(attempts): \(failure(member.history))"
        case .exited(let expected, _):
            return expected ? nil : "\(failure(member.history)), not expected"
        case .stopping(let run, let killAt?, _):
            return "waiting for pid \(run.pid) to end, SIGKILL in \(wait(killAt))"
        case .stopping(let run, nil, _): return "waiting for pid \(run.pid) to end"
        case .killing(let run, _, _): return "SIGKILL sent to pid \(run.pid), not gone yet"
        case .emptying(let run, _, _):
            return "pid \(run.pid) has ended, others of its processes have not"
        case .starting(_, _, provenAt: nil): return "waiting for the program to be executed"
        case .stopped, .spawning, .starting, .running: return nil
        }
    }

    /// The wall-clock time of an instant, by the clock as it is set now, in whole milliseconds.
    func wall(_ instant: Instant) -> Double {
        ((wallNow - now.duration(since: instant).inSeconds) * 1000).rounded() / 1000
    }

    /// How the last run ended, as in `died by SIGSEGV after 3.2 s`.
    private func failure(_ history: FleetMember.History) -> String {
        let after = history.lastDuration.map { " after \(seconds($0))" } ?? ""
        switch history.lastExit {
        case .code(let code): return "exited with status \(code)\(after)"
        case .signal(let signal, let coreDumped):
            return "died by \(signal)\(coreDumped ? " (core dumped)" : "")\(after)"
        case .neverExecuted(let failure): return failure.description
        case .unknown: return "ended, nobody knows how\(after)"
        case nil: return "unknown error"
        }
    }

    /// A short duration to one decimal, a long one as an uptime.
    private func seconds(_ duration: Duration) -> String {
        let tenths = Int((duration.inSeconds * 10).rounded())
        return tenths < 600 ? "\(tenths / 10).\(tenths % 10) s" : uptime(duration)
    }

    private func wait(_ until: Instant) -> String {
        "\(max(0, Int(until.duration(since: now).inSeconds.rounded(.up)))) s"
    }

    /// A duration as Python prints one: `0:00:09`, `1 day, 2:03:04`.
    func uptime(_ duration: Duration) -> String {
        let total = max(0, Int(duration.inSeconds))
        let (days, rest) = total.quotientAndRemainder(dividingBy: 86_400)
        let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60)
        let clock =
            "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(seconds < 10 ? "0" : "")\(seconds)"
        switch days {
        case 0: return clock
        case 1: return "1 day, \(clock)"
        default: return "\(days) days, \(clock)"
        }
    }
}
