// SPDX-License-Identifier: Apache-2.0

import Supervision

/// How a virtual process lives and dies, decided when it is born.
struct Behaviour: Sendable {
    /// From clone to exec.
    var execDelay: Duration = .zero
    /// The program that is never executed, and why.
    var execFailure: SpawnFailure?
    /// From exec to its own end; nil lives on until it is stopped.
    var lifetime: Duration?
    var end = ExitStatus.code(0)
    /// From the stop signal to death; nil ignores it.
    var graceOnTerminate: Duration? = .zero
    /// From SIGKILL to death: the D state.
    var sleepAfterKill: Duration = .zero
    /// Children that stay in its group, and when after exec they are forked.
    var children = 0
    var forkDelay: Duration = .zero
}

/// One life of a fleet's process in the virtual kernel, never used twice.
struct RunID: Hashable, Sendable {
    let member: MemberID
    let serial: Int
}

/// An entry of the virtual kernel's process table.
struct VirtualProcess: Sendable {
    enum Life: Hashable, Sendable {
        case waitingForExec, alive, zombie
    }

    let pid: PID
    /// The process group, named by the pid of its leader.
    let group: PID
    /// Whose it is; nil for a stranger.
    let run: RunID?
    var behaviour: Behaviour
    var life: Life
    /// Waits for its manager before it executes; without one it ends.
    var isGated = false
    var hasExecuted = false
    var execAt: Instant?
    var forkAt: Instant?
    var dieAt: Instant?
    var status = ExitStatus.unknown
    var wasKilled = false

    var isLeader: Bool { pid == group }

    /// When the kernel has something to do with it.
    var nextEvent: Instant? {
        if life == .zombie { return nil }
        return [execAt, forkAt, dieAt].compactMap { $0 }.min()
    }

    mutating func die(at instant: Instant, _ status: ExitStatus) {
        if let dieAt, dieAt <= instant { return }
        dieAt = instant
        self.status = status
    }
}
