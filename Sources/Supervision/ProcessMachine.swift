// SPDX-License-Identifier: Apache-2.0

/// One supervised process, as a pure state machine.
///
/// `spawning` exists only within a single turn: the caller answers `.spawn` with `spawned` or
/// `spawnFailed` before it reports anything else. So a stop can never race with a start. Whether
/// the child then became the program is told later by `executed`, because waiting for an exec
/// could block on a hung disk; until it is told, `starting` has no deadline.
///
///     phase      event             next                              effect
///     stopped    start             spawning                          spawn
///     spawning   spawned           starting, exec pending
///     spawning   spawnFailed       backoff, or fatal
///     starting   executed          starting until startsecs, or running when they are 0
///     starting   startAborted      spawning, failures as before      spawn
///     starting   deadlineReached   running
///     starting   exited            backoff, or fatal
///     running    exited            exited; backoff or fatal when startsecs is 0
///     exited     deadlineReached   spawning                          spawn
///     backoff    deadlineReached   spawning                          spawn
///     backoff    leftoversGone     spawning                          spawn
///     backoff    stop              stopped
///     any live   stop, restart     stopping                          terminate
///     stopping   start, stop       stopping, and another `next`
///     stopping   deadlineReached   killing                           kill
///     stopping   exited (1)        emptying, or settled              inspectGroup
///     killing    deadlineReached   killing                           kill, again
///     killing    exited (1)        emptying, or settled              inspectGroup
///     emptying   groupEmptied      settled
///     emptying   deadlineReached   emptying                          kill, again
///
/// (1) or startAborted, which is told only of a run that another manager began.
///
/// *Settled* is `stopped`, or `spawning` when a start was asked for meanwhile. STOPPING covers
/// three phases: the leader has been asked to end, has been killed, or is gone while others of
/// its process group still live. Only an empty group ends a stop (unless `killasgroup` is off).
///
/// A deadline is stored in the phase it belongs to, so leaving the phase cancels it. An exit
/// that asks for a restart is `exited` with a deadline of now: the state is seen and told, and
/// the restart still happens in the same turn.
package struct ProcessMachine: Hashable, Sendable {
    /// One life of the process: its leader and when it was made.
    package struct Run: Hashable, Sendable {
        package let pid: PID
        package let startedAt: Instant

        package init(pid: PID, startedAt: Instant) {
            self.pid = pid
            self.startedAt = startedAt
        }
    }

    /// What follows a stop.
    package enum Next: Hashable, Sendable {
        case rest, start
    }

    package enum Phase: Hashable, Sendable {
        case stopped
        case spawning(failures: Int)
        case starting(Run, failures: Int, provenAt: Instant?)
        case running(Run, failures: Int)
        case backoff(failures: Int, until: Instant)
        case stopping(Run, killAt: Instant?, next: Next)
        case killing(Run, againAt: Instant, next: Next)
        case emptying(Run, killAt: Instant?, next: Next)
        case exited(expected: Bool, restartAt: Instant?)
        case fatal(failures: Int)
    }

    /// Something that has happened to the process or has been asked of it.
    package enum Event: Hashable, Sendable {
        case start
        case stop
        case restart
        /// Like `stop`, but with SIGKILL at once.
        case kill
        case spawned(PID)
        case spawnFailed(SpawnFailure)
        case executed
        /// The child has ended without having executed, because its manager died and not by any
        /// fault of the program: nothing can be held against it.
        case startAborted
        case exited(ExitStatus)
        case groupEmptied
        /// What a start waited for that failed with the step `leftovers` has come.
        case leftoversGone
        case deadlineReached
    }

    /// What the caller has to do now.
    package enum Effect: Hashable, Sendable {
        case none
        case spawn
        /// Send the stop signal to the run whose leader is given.
        case terminate(PID)
        case kill(PID)
        /// Answer with `groupEmptied` as soon as no process of this group is left.
        case inspectGroup(PID)
        /// The event cannot happen in this phase: a bug, to be reported and survived.
        case anomaly(Event)
    }

    package private(set) var phase = Phase.stopped
    package var policy: ProcessPolicy

    package init(policy: ProcessPolicy) {
        self.policy = policy
    }

    /// A machine that goes on in a phase that was written down.
    init(policy: ProcessPolicy, restored phase: Phase) {
        self.policy = policy
        self.phase = phase
    }

    /// How long SIGKILL may take before it is sent again: members of a group may have been born
    /// between two looks, and a process in an uninterruptible sleep takes none until it wakes.
    static let killInterval = Duration.seconds(1)

    /// When the machine next wants `deadlineReached`; derived, so it cannot leak.
    package var deadline: Instant? {
        switch phase {
        case .stopped, .spawning, .running, .fatal: nil
        case .starting(_, _, let provenAt): provenAt
        case .backoff(_, let until): until
        case .stopping(_, let killAt, _): killAt
        case .killing(_, let againAt, _): againAt
        case .emptying(_, let killAt, _): killAt
        case .exited(_, let restartAt): restartAt
        }
    }

    /// Takes an event and says what to do.
    ///
    /// - Parameters:
    ///   - event: What has happened.
    ///   - now: The instant of the turn.
    ///   - noise: A number from -1 to 1 that varies a backoff, if this event begins one.
    /// - Returns: The one thing to do before the next event.
    package mutating func handle(_ event: Event, at now: Instant, noise: Double = 0) -> Effect {
        switch event {
        case .start: start()
        case .stop: stop(at: now, next: .rest)
        case .restart: restart(at: now)
        case .kill: kill(at: now)
        case .spawned(let pid): spawned(pid, at: now)
        case .spawnFailed(let failure): spawnFailed(failure, at: now, noise: noise)
        case .executed: executed(at: now)
        case .startAborted: startAborted()
        case .exited(let status): exited(status, at: now, noise: noise)
        case .groupEmptied: groupEmptied()
        case .leftoversGone: leftoversGone()
        case .deadlineReached: deadlineReached(at: now)
        }
    }
}

// MARK: - What is asked

extension ProcessMachine {
    private mutating func start() -> Effect {
        let effect: Effect
        (phase, effect) =
            switch phase {
            case .stopped, .exited, .fatal: (.spawning(failures: 0), .spawn)
            case .starting, .running, .backoff: (phase, .none)
            case .stopping(let run, let killAt, _):
                (.stopping(run, killAt: killAt, next: .start), .none)
            case .killing(let run, let againAt, _):
                (.killing(run, againAt: againAt, next: .start), .none)
            case .emptying(let run, let killAt, _):
                (.emptying(run, killAt: killAt, next: .start), .none)
            case .spawning: (phase, .anomaly(.start))
            }
        return effect
    }

    private mutating func stop(at now: Instant, next: Next) -> Effect {
        let effect: Effect
        (phase, effect) =
            switch phase {
            case .starting(let run, _, _), .running(let run, _):
                (
                    .stopping(run, killAt: policy.stopWait.map(now.advanced), next: next),
                    .terminate(run.pid)
                )
            case .backoff, .exited(_, restartAt: .some): (.stopped, .none)
            case .stopping(let run, let killAt, _):
                (.stopping(run, killAt: killAt, next: next), .none)
            case .killing(let run, let againAt, _):
                (.killing(run, againAt: againAt, next: next), .none)
            case .emptying(let run, let killAt, _):
                (.emptying(run, killAt: killAt, next: next), .none)
            case .stopped, .exited(_, restartAt: nil), .fatal: (phase, .none)
            case .spawning: (phase, .anomaly(.stop))
            }
        return effect
    }

    private mutating func restart(at now: Instant) -> Effect {
        switch phase {
        case .starting, .running, .stopping, .killing, .emptying: return stop(at: now, next: .start)
        case .stopped, .backoff, .exited, .fatal:
            phase = .spawning(failures: 0)
            return .spawn
        case .spawning: return .anomaly(.restart)
        }
    }

    private mutating func kill(at now: Instant) -> Effect {
        let againAt = now.advanced(by: ProcessMachine.killInterval)
        let effect: Effect
        (phase, effect) =
            switch phase {
            case .starting(let run, _, _), .running(let run, _), .stopping(let run, _, _),
                .killing(let run, _, _):
                (.killing(run, againAt: againAt, next: .rest), .kill(run.pid))
            case .emptying(let run, _, _):
                (.emptying(run, killAt: againAt, next: .rest), .kill(run.pid))
            case .backoff, .exited(_, restartAt: .some): (.stopped, .none)
            case .stopped, .exited(_, restartAt: nil), .fatal: (phase, .none)
            case .spawning: (phase, .anomaly(.kill))
            }
        return effect
    }
}

// MARK: - What has happened

extension ProcessMachine {
    private mutating func spawned(_ pid: PID, at now: Instant) -> Effect {
        guard case .spawning(let failures) = phase else { return .anomaly(.spawned(pid)) }
        phase = .starting(Run(pid: pid, startedAt: now), failures: failures, provenAt: nil)
        return .none
    }

    private mutating func spawnFailed(
        _ failure: SpawnFailure,
        at now: Instant,
        noise: Double
    ) -> Effect {
        guard case .spawning(let failures) = phase else { return .anomaly(.spawnFailed(failure)) }
        // What is not the program's fault is waited for, and counts as no failure.
        phase =
            failure.isShortage
            ? .backoff(
                failures: failures,
                until: backoffEnd(failures: failures + 1, at: now, noise: noise)
            )
            : phase(afterFailures: failures + 1, .neverExecuted(failure), at: now, noise: noise)
        return .none
    }

    private mutating func executed(at now: Instant) -> Effect {
        let effect: Effect
        (phase, effect) =
            switch phase {
            case .starting(let run, let failures, provenAt: nil):
                policy.startSeconds > .zero
                    ? (
                        .starting(
                            run,
                            failures: failures,
                            provenAt: now.advanced(by: policy.startSeconds)
                        ), .none
                    )
                    : (.running(run, failures: failures), .none)
            case .stopping, .killing: (phase, .none)
            case .stopped, .spawning, .starting(_, _, provenAt: .some), .running, .backoff,
                .emptying, .exited, .fatal:
                (phase, .anomaly(.executed))
            }
        return effect
    }

    private mutating func startAborted() -> Effect {
        let effect: Effect
        (phase, effect) =
            switch phase {
            case .starting(_, let failures, provenAt: nil):
                (.spawning(failures: failures), .spawn)
            case .stopping(let run, let killAt, let next):
                leaderGone(run, killAt: killAt, next: next)
            case .killing(let run, let againAt, let next):
                leaderGone(run, killAt: againAt, next: next)
            case .stopped, .spawning, .starting(_, _, provenAt: .some), .running, .backoff,
                .emptying, .exited, .fatal:
                (phase, .anomaly(.startAborted))
            }
        return effect
    }

    private mutating func exited(
        _ status: ExitStatus,
        at now: Instant,
        noise: Double
    ) -> Effect {
        let effect: Effect
        (phase, effect) =
            switch phase {
            case .starting(_, let failures, _):
                (phase(afterFailures: failures + 1, status, at: now, noise: noise), .none)
            case .running(_, let failures):
                (phase(afterRunning: status, failures, at: now, noise: noise), .none)
            case .stopping(let run, let killAt, let next):
                leaderGone(run, killAt: killAt, next: next)
            case .killing(let run, let againAt, let next):
                leaderGone(run, killAt: againAt, next: next)
            case .stopped, .spawning, .backoff, .emptying, .exited, .fatal:
                (phase, .anomaly(.exited(status)))
            }
        return effect
    }

    private mutating func groupEmptied() -> Effect {
        guard case .emptying(_, _, let next) = phase else { return .anomaly(.groupEmptied) }
        let effect: Effect
        (phase, effect) = settled(next)
        return effect
    }

    private mutating func leftoversGone() -> Effect {
        switch phase {
        case .backoff(let failures, _):
            phase = .spawning(failures: failures)
            return .spawn
        // Something else has been asked for since.
        case .stopped, .starting, .running, .stopping, .killing, .emptying, .exited, .fatal:
            return .none
        case .spawning: return .anomaly(.leftoversGone)
        }
    }

    private mutating func deadlineReached(at now: Instant) -> Effect {
        let againAt = now.advanced(by: ProcessMachine.killInterval)
        let effect: Effect
        (phase, effect) =
            switch phase {
            case .starting(let run, let failures, provenAt: .some):
                (.running(run, failures: policy.startSeconds > .zero ? 0 : failures), .none)
            case .backoff(let failures, _): (.spawning(failures: failures), .spawn)
            case .exited(_, restartAt: .some): (.spawning(failures: 0), .spawn)
            case .stopping(let run, killAt: .some, let next),
                .killing(let run, _, let next):
                (.killing(run, againAt: againAt, next: next), .kill(run.pid))
            case .emptying(let run, killAt: .some, let next):
                (.emptying(run, killAt: againAt, next: next), .kill(run.pid))
            case .stopped, .spawning, .starting(_, _, provenAt: nil), .running,
                .stopping(_, killAt: nil, _), .emptying(_, killAt: nil, _),
                .exited(_, restartAt: nil), .fatal:
                (phase, .anomaly(.deadlineReached))
            }
        return effect
    }
}
