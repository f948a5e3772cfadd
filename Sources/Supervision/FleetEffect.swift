// SPDX-License-Identifier: Apache-2.0

/// What the fleet wants done, in this order, before it is told of anything else.
package enum FleetEffect: Hashable, Sendable {
    /// Start the process; answer with `spawned` or `spawnFailed` at once.
    case spawn(MemberID)
    /// Send the stop signal, then SIGCONT, so that a stopped process can obey it.
    case terminate(MemberID, PID, Signal, toGroup: Bool)
    case kill(MemberID, PID, toGroup: Bool)
    /// Answer with `groupEmptied` as soon as the process group has no member left.
    case inspectGroup(MemberID, PID)
    /// Something to tell people and listeners.
    case report(FleetReport)
    /// A request is settled.
    case answer(Ticket, [CommandOutcome])
    /// A process that left the configuration is gone; what belongs to it may be freed.
    case removed(MemberID)
    /// Everything has stopped.
    case shutdownComplete
}

/// Something that has happened in the fleet, for the activity log and for listeners.
package enum FleetReport: Hashable, Sendable {
    case spawned(MemberID, ProcessName, PID)
    case spawnFailed(MemberID, ProcessName, SpawnFailure)
    /// A start that a dead manager left half made is made again.
    case startAborted(MemberID, ProcessName, PID)
    case exited(MemberID, ProcessName, PID, ExitStatus, expected: Bool, wasStopping: Bool)
    case changed(MemberID, ProcessName, StateChange)
    case killing(MemberID, ProcessName, PID)
    case waiting(MemberID, ProcessName)
    /// A transition that cannot be: a bug in swisord, survived and reported.
    case anomaly(MemberID, ProcessName, String)
}

/// The number of a request that waits for its answer.
package struct Ticket: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// What came of a command for one process.
package struct CommandOutcome: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case started, stopped
    }

    package enum Failure: Hashable, Sendable {
        case noSuchProcess, noSuchGroup, alreadyStarted, notRunning, shuttingDown
        case spawnError(ExitStatus)
        case abnormalTermination(String)
    }

    /// The process, or the pattern that named none.
    package let name: ProcessName
    package let action: Action
    package let failure: Failure?

    package init(_ name: ProcessName, _ action: Action, _ failure: Failure? = nil) {
        self.name = name
        self.action = action
        self.failure = failure
    }
}
