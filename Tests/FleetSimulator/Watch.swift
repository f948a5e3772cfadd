// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What a bystander knows of one process from reports, effects and the kernel alone.
///
/// It is kept without looking into the rules, so that it can contradict them.
struct Watch: Sendable {
    enum Wish: Hashable, Sendable {
        case up, down
    }

    let id: MemberID
    let name: ProcessName
    var groupPriority: Int
    /// The rules as given last.
    var policy: ProcessPolicy
    /// The rules by which the stop under way has to go.
    var stopPolicy: ProcessPolicy
    /// The rules have changed since the last start: what depends on them is not judged.
    var isPolicyMixed = false
    /// The rules change within this input; a stop that this begins goes by the old ones.
    var isChanging = false
    /// What was asked for last.
    var wish = Wish.down
    /// Somebody has asked something of it within this input.
    var isAsked = false
    var isLeaving = false
    /// Its turn to start by itself has come.
    var hadTurn = false

    var state = ProcessState.stopped
    var since = Instant(nanoseconds: 0)
    /// Quick deaths in a row, counted here.
    var failures = 0
    /// The current or last run and its leader's pid.
    var run: RunID?
    var pid: PID = 0
    /// From the answer to `.spawn` until the exit is told.
    var hasLeader = false
    var spawnedAt = Instant(nanoseconds: 0)
    /// When exec was told; nil while it was not.
    var executedAt: Instant?
    /// What the kernel said, whatever was told.
    var didExecute = false
    /// Whether the fleet has been told.
    var isExecTold = false
    var lastStatus = ExitStatus.unknown
    /// The leader is gone and the group is being watched.
    var isEmptying = false
    var lastKillAt: Instant?
    /// The stop signal has been sent to the current run.
    var wasAskedToEnd = false
    var killDemandedAt: Instant?

    var isAtRest: Bool {
        switch state {
        case .stopped, .exited, .fatal: true
        case .starting, .running, .backoff, .stopping, .unknown: false
        }
    }

    var lastEndIsPermanent: Bool {
        if case .neverExecuted(let failure) = lastStatus { failure.isPermanent } else { false }
    }

    /// The last run never executed, and that was not its fault.
    var lastEndIsInterruption: Bool { lastStatus == .neverExecuted(.interrupted) }

    var lastEndIsShortage: Bool {
        if case .neverExecuted(let failure) = lastStatus { failure.step == .fork } else { false }
    }

    /// Whether the rules want it started again after its last end.
    var mustRestart: Bool {
        switch policy.restart {
        case .never: false
        case .always: true
        case .unexpected:
            if case .code(let code) = lastStatus { !policy.exitCodes.contains(code) } else { true }
        }
    }
}
