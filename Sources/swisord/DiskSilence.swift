// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Logging
import Logs
import Platform
import Supervision

/// What is said of disks that do not answer: soon, then at growing intervals, and when it is over.
struct DiskSilence {
    private struct Told {
        var path: String
        var since: Instant
        var next: Duration
    }

    /// By the stream whose log a thread waits for.
    private var told: [StreamID: Told] = [:]

    /// After how long a silence it is spoken of again; beyond that every ten minutes.
    private static let steps: [Duration] = [.seconds(10), .seconds(60), .seconds(600)]

    /// - Parameters:
    ///   - stalls: what threads wait for now.
    ///   - path: where the log of a stream is.
    ///   - now: the instant.
    /// - Returns: what there is to say.
    mutating func lines(
        for stalls: [Stall],
        path: (StreamID) -> String?,
        at now: Instant
    ) -> [Narrator.Line] {
        var lines: [Narrator.Line] = []
        for (id, was) in told where !stalls.contains(Stall(stream: id, since: was.since)) {
            told[id] = nil
            let seconds = Self.seconds(now.duration(since: was.since))
            lines.append(
                .init(level: .warning, text: "\(was.path): disk answers again after \(seconds)")
            )
        }
        for stall in stalls {
            let silence = now.duration(since: stall.since)
            if let before = told[stall.stream], silence < before.next { continue }
            let path = path(stall.stream) ?? "a log that is gone"
            lines.append(.init(level: .error, text: "\(path): \(Self.text(silence))"))
            let next = Self.steps.first { $0 > silence } ?? silence + .seconds(600)
            told[stall.stream] = Told(path: path, since: stall.since, next: next)
        }
        return lines
    }

    /// As in `disk not answering for 12 s`.
    static func text(_ silence: Duration) -> String {
        "disk not answering for \(seconds(silence))"
    }

    private static func seconds(_ duration: Duration) -> String {
        "\(Int(duration.inSeconds)) s"
    }
}

extension Outlets {
    /// Where the log of a stream is.
    func path(of stream: StreamID, _ children: [MemberID: Child]) -> String? {
        if stream == .activity { return activityInfo.path }
        guard let child = children[MemberID(rawValue: stream.rawValue / 2)] else { return nil }
        return stream == child.stdout.id ? child.stdout.path : child.stderr.path
    }

    /// What a client is told of an output; a disk that does not answer cannot tell itself.
    func info(_ outlet: Outlet, at now: Instant) -> ProcessInfo.Log {
        var info = outlet.info
        if let path = outlet.path, let silence = logs.silence(of: outlet.id, at: now) {
            info.trouble = "\(path): \(DiskSilence.text(silence))"
        }
        return info
    }

    /// What is wrong with the activity log, where only `status` may be able to say it.
    func alarms(at now: Instant) -> [String] {
        if let silence = logs.silence(of: .activity, at: now) {
            return ["the activity log \(activityInfo.path ?? ""): \(DiskSilence.text(silence))"]
        }
        return activityInfo.trouble.map { ["the activity log cannot be written: \($0)"] } ?? []
    }
}

extension Daemon {
    /// Looks whether the log threads wait for disks, and tells.
    func lookAfterDisks() {
        let stalls = outlets.logs.stalls(at: now)
        let outlets = outlets
        let children = children
        let lines = diskSilence.lines(
            for: stalls,
            path: { outlets.path(of: $0, children) },
            at: now
        )
        for line in lines { log.log(level: line.level, "\(line.text)") }
        guard !stalls.isEmpty else { return }
        for completion in self.outlets.takeReopenings() { completion() }
    }
}
