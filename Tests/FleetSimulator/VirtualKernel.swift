// SPDX-License-Identifier: Apache-2.0

import Supervision

/// A kernel with a clock of its own, a small pid space and no processes but those it is told of.
///
/// Time passes only in `advance(to:)`. Leaders become zombies and wait to be reaped; what else
/// belongs to a group vanishes when it dies, as if init had reaped it.
struct VirtualKernel: Sendable {
    /// Something that the daemon can see when it wakes up.
    enum Sight: Hashable, Sendable {
        case executed(RunID)
        case exited(RunID)
        case groupEmptied(RunID)
        /// A process that is not the fleet's has died; only a planted bug takes notice.
        case strangerDied(PID)
    }

    /// The table, by slot; a slot is no pid, so that iteration order owes nothing to hashing.
    private(set) var processes: [VirtualProcess] = []
    private(set) var sights: [Sight] = []
    /// Groups whose end somebody wants to see.
    var watched: [RunID] = []
    private var lastPID: PID = 1
    var dice: Dice
    var swarm: Swarm

    init(swarm: Swarm, dice: Dice) {
        self.swarm = swarm
        self.dice = dice
    }

    // MARK: - Time

    var nextEvent: Instant? {
        var next: Instant?
        for process in processes {
            guard let event = process.nextEvent else { continue }
            if let earliest = next, earliest <= event { continue }
            next = event
        }
        return next
    }

    /// Lets everything happen that is due by `now`, in order.
    mutating func advance(to now: Instant) {
        while let event = nextEvent, event <= now {
            guard let slot = processes.firstIndex(where: { $0.nextEvent == event }) else { return }
            happen(in: slot, at: event)
        }
    }

    private mutating func happen(in slot: Int, at now: Instant) {
        let process = processes[slot]
        if process.dieAt == now {
            end(slot)
        } else if process.execAt == now {
            execute(slot, at: now)
        } else {
            processes[slot].forkAt = nil
            for _ in 0..<process.behaviour.children {
                guard !process.wasKilled, let pid = freePID() else { break }
                fork(process, pid, at: now)
            }
        }
    }

    private mutating func execute(_ slot: Int, at now: Instant) {
        processes[slot].execAt = nil
        let behaviour = processes[slot].behaviour
        if let failure = behaviour.execFailure {
            processes[slot].die(at: now, .neverExecuted(failure))
            return
        }
        processes[slot].life = .alive
        processes[slot].hasExecuted = true
        if let run = processes[slot].run { sights.append(.executed(run)) }
        if behaviour.children > 0 {
            processes[slot].forkAt = now.advanced(by: behaviour.forkDelay)
        }
        if let lifetime = behaviour.lifetime {
            processes[slot].die(at: now.advanced(by: lifetime), behaviour.end)
        }
    }

    private mutating func fork(_ parent: VirtualProcess, _ pid: PID, at now: Instant) {
        let behaviour = swarm.childBehaviour(&dice)
        var child = VirtualProcess(
            pid: pid,
            group: parent.group,
            run: parent.run,
            behaviour: behaviour,
            life: .alive
        )
        if let lifetime = behaviour.lifetime {
            child.die(at: now.advanced(by: lifetime), .code(0))
        }
        processes.append(child)
    }

    private mutating func end(_ slot: Int) {
        let process = processes[slot]
        if let run = process.run, process.isLeader {
            processes[slot].life = .zombie
            sights.append(.exited(run))
        } else {
            processes.remove(at: slot)
            if process.run == nil { sights.append(.strangerDied(process.pid)) }
        }
        noticeEmptyGroups()
    }

    // MARK: - System calls

    /// Clones a process; nil when the pid space is full.
    mutating func spawn(
        _ run: RunID?,
        _ behaviour: Behaviour,
        isGated: Bool = false,
        at now: Instant
    ) -> PID? {
        guard let pid = freePID() else { return nil }
        var process = VirtualProcess(
            pid: pid,
            group: pid,
            run: run,
            behaviour: behaviour,
            life: .waitingForExec
        )
        process.isGated = isGated
        if !isGated { process.execAt = now.advanced(by: behaviour.execDelay) }
        processes.append(process)
        return pid
    }

    /// Lets a child go on to its exec.
    mutating func openGate(of run: RunID, at now: Instant) {
        for slot in processes.indices where processes[slot].run == run && processes[slot].isGated {
            processes[slot].isGated = false
            processes[slot].execAt = now.advanced(by: processes[slot].behaviour.execDelay)
        }
    }

    /// The manager is gone, and with it what only it knew: groups it watched, gates it held shut.
    mutating func managerDied() {
        watched = []
        sights.removeAll { if case .groupEmptied = $0 { true } else { false } }
        for slot in processes.indices where processes[slot].isGated {
            processes[slot].isGated = false
            guard processes[slot].life == .waitingForExec, let run = processes[slot].run else {
                continue
            }
            processes[slot].life = .zombie
            processes[slot].status = .code(250)
            sights.append(.exited(run))
        }
    }

    /// The zombie of a run, which stays until it is reaped.
    func zombie(of run: RunID) -> VirtualProcess? {
        processes.first { $0.run == run && $0.isLeader && $0.life == .zombie }
    }

    /// Sends a signal as kill(2) does; the runs that it has reached, nil being a stranger.
    mutating func signal(
        _ pid: PID,
        _ signal: Signal,
        toGroup: Bool,
        at now: Instant
    ) -> [RunID?] {
        var reached: [RunID?] = []
        for slot in processes.indices {
            guard toGroup ? processes[slot].group == pid : processes[slot].pid == pid else {
                continue
            }
            reached.append(processes[slot].run)
            take(signal, slot, at: now)
        }
        return reached
    }

    private mutating func take(_ signal: Signal, _ slot: Int, at now: Instant) {
        let behaviour = processes[slot].behaviour
        let status = ExitStatus.signal(signal, coreDumped: false)
        if signal == .kill {
            processes[slot].wasKilled = true
            processes[slot].die(at: now.advanced(by: behaviour.sleepAfterKill), status)
        } else if processes[slot].life == .waitingForExec {
            processes[slot].die(at: now, status)
        } else if let grace = behaviour.graceOnTerminate {
            processes[slot].die(at: now.advanced(by: grace), status)
        }
    }

    /// Takes the exit status of a leader; its pid is free from now on, unless its group lives.
    mutating func reap(_ run: RunID) -> ExitStatus? {
        guard
            let slot = processes.firstIndex(where: {
                $0.run == run && $0.isLeader && $0.life == .zombie
            })
        else { return nil }
        let status = processes.remove(at: slot).status
        noticeEmptyGroups()
        return status
    }

    /// Puts back what shall be seen in the next turn.
    mutating func overlook(_ sight: Sight) {
        sights.append(sight)
    }

    /// Takes all that can be seen now.
    mutating func look() -> [Sight] {
        defer { sights.removeAll(keepingCapacity: true) }
        return sights
    }

    /// Whether a group is empty; if it is not, its end will be seen.
    mutating func inspectGroup(of run: RunID) -> Bool {
        if isGroupEmpty(of: run) { return true }
        watched.append(run)
        return false
    }

    func isGroupEmpty(of run: RunID) -> Bool {
        !processes.contains { $0.run == run }
    }

    /// The leader of a member that has not been reaped.
    func leader(of member: MemberID) -> VirtualProcess? {
        processes.first { $0.run?.member == member && $0.isLeader }
    }

    /// Whether a leader of the member lives.
    func hasLiveLeader(_ member: MemberID) -> Bool {
        processes.contains { $0.run?.member == member && $0.isLeader && $0.life != .zombie }
    }

    private mutating func noticeEmptyGroups() {
        guard !watched.isEmpty else { return }
        var remaining: [RunID] = []
        for run in watched {
            if isGroupEmpty(of: run) {
                sights.append(.groupEmptied(run))
            } else {
                remaining.append(run)
            }
        }
        watched = remaining
    }

    /// The next pid that names neither a process nor a group.
    private mutating func freePID() -> PID? {
        for _ in 0..<swarm.pidSpace {
            lastPID = lastPID >= PID(swarm.pidSpace + 1) ? 2 : lastPID + 1
            let pid = lastPID
            if !processes.contains(where: { $0.pid == pid || $0.group == pid }) { return pid }
        }
        return nil
    }
}
