// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import OrderedCollections
import Supervision
import YAML

@testable import swisord

/// A fleet of one process, driven by hand.
struct Driven {
    var fleet = Fleet(seed: 1)
    let id: MemberID
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var reports: [FleetReport] = []

    init(
        _ policy: ProcessPolicy,
        _ name: ProcessName = ProcessName(group: "web", process: "web")
    ) {
        id = fleet.add(MemberSpec(name: name, policy: policy))
    }

    /// Asks for a start, and answers the spawn.
    mutating func start(pid: PID = 42) {
        let ticket = Ticket(rawValue: 1)
        fleet.request(.start, [ProcessSelector("all")], wait: false, ticket: ticket, at: now)
        drain(spawning: pid)
    }

    mutating func stop() {
        let ticket = Ticket(rawValue: 2)
        fleet.request(.stop, [ProcessSelector("all")], wait: false, ticket: ticket, at: now)
        drain()
    }

    mutating func handle(_ event: ProcessMachine.Event) {
        fleet.handle(event, for: id, at: now)
        drain()
    }

    mutating func pass(_ duration: Duration) {
        now = now.advanced(by: duration)
        fleet.reachDeadlines(at: now)
        drain()
    }

    private mutating func drain(spawning pid: PID = 43) {
        while let effect = fleet.nextEffect() {
            switch effect {
            case .spawn(let id): fleet.handle(.spawned(pid), for: id, at: now)
            case .report(let report): reports.append(report)
            default: break
            }
        }
    }

    /// What `status` says of it.
    var text: StatusText { StatusText(now: now, wallNow: 0) }

    var why: String? { fleet[id].flatMap { text.why(of: $0) } }

    var description: String? { fleet[id].map { text.description(of: $0) } }

    /// The lines of the activity log so far.
    var lines: [String] {
        reports.compactMap { Narrator().line(for: $0, in: fleet)?.text }
    }
}

extension ProcessPolicy {
    /// Without jitter, and with what a test says otherwise.
    static func plain(_ adjust: (inout ProcessPolicy) -> Void = { _ in }) -> ProcessPolicy {
        var policy = ProcessPolicy()
        policy.backoff.jitter = 0
        adjust(&policy)
        return policy
    }
}

extension SpawnFailure {
    static let missingCommand = SpawnFailure(
        step: .exec,
        subject: "/nope",
        errorNumber: ENOENT,
        reason: "No such file or directory",
        isPermanent: true
    )
    static let missingDirectory = SpawnFailure(
        step: .directory,
        subject: "/nope",
        errorNumber: ENOENT,
        reason: "No such file or directory",
        isPermanent: false
    )
}

extension ProcessConfiguration {
    /// A process of a program of its own.
    static func made(
        _ name: String,
        group: String? = nil,
        _ adjust: (inout ProcessConfiguration) -> Void = { _ in }
    ) -> ProcessConfiguration {
        let mark = Mark(file: "s.yaml", line: 1, column: 1)
        var process = ProcessConfiguration(
            name: ProcessName(group: group ?? name, process: name),
            program: name,
            arguments: ["sleep", "1"],
            origin: Origin(mark)
        )
        adjust(&process)
        return process
    }
}

extension Configuration {
    static func made(_ processes: [ProcessConfiguration]) -> Configuration {
        var groups: OrderedDictionary<String, GroupConfiguration> = [:]
        for process in processes {
            let name = process.name.group
            groups[name] = GroupConfiguration(name: name, priority: 999, isImplicit: true)
        }
        return Configuration(
            file: "/s.yaml",
            daemon: DaemonSettings(
                logfile: "/s.log",
                childlogdir: "/log",
                socket: "/s.sock",
                runtimeDirectory: "/run",
                stateDirectory: "/state"
            ),
            processes: processes,
            groups: groups
        )
    }
}

/// Looks again until the condition holds; the deadline only ends a test that fails.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(120)
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        usleep(500)
    }
    return true
}
