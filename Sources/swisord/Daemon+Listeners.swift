// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logging
import Logs
import Platform
import Supervision

/// Event listeners: what they are told by their standard input, and what they answer.
///
/// Their input is written to as there is room, and their output is read by a log thread, which
/// passes it on. So one that does not read, or writes without end, holds up nobody.
extension Daemon {
    /// Does what the pools want done, until they want nothing more.
    func runPools() {
        guard !pools.isEmpty else { return }
        while true {
            let tasks = pools.take(at: now)
            if tasks.isEmpty { break }
            for task in tasks { run(task) }
        }
        pools.settle()
    }

    private func run(_ task: EventPools.Task) {
        switch task.effect {
        case .send(let event, let id): send(event, to: id, of: task.pool)
        case .overflowed(let event):
            log.error(
                "pool \(task.pool) event buffer overflowed, discarding event \(event.serial)"
            )
        case .gaveUp(let event):
            log.error(
                """
                pool \(task.pool): event \(event.serial) (\(event.type.rawValue)) was refused \
                \(event.refusals) times and is given up
                """
            )
        case .confused(let id):
            guard let child = children[id] else { return }
            log.warning(
                "\(child.name) wrote what is no answer; it gets no events until it says READY"
            )
        }
    }

    private func send(_ event: QueuedEvent, to id: MemberID, of pool: String) {
        let message = event.message(
            server: loaded.configuration.daemon.identifier,
            pool: pool
        )
        // First, so that a manager that dies in between is followed by one that knows.
        recordListener(id)
        guard let input = children[id]?.input, input.hasRoom(for: message.count) else {
            pools.change(pool) { $0.couldNotSend(to: id, at: now) }
            return
        }
        do throws(SystemError) {
            try input.send(message, in: reactor, token: token(ofInput: id))
            pools.change(pool) {
                $0.set(id, isOpen: input.isEmpty)
                return []
            }
        } catch {
            log.warning("\(children[id]?.name.description ?? pool) takes no events: \(error.errno)")
            pools.change(pool) { $0.couldNotSend(to: id, at: now) }
        }
    }

    /// A listener has read what it was sent.
    func inputIsEmpty(of id: MemberID) {
        guard let child = children[id], child.configuration.listener != nil else { return }
        pools.change(child.name.group) {
            $0.set(id, isOpen: true)
            return []
        }
    }

    /// A program has written something that is not only for its log.
    func said(_ stream: StreamID, _ speech: Speech) {
        let id = stream.member
        guard let child = children[id] else { return }
        let channel: OutputChannel = stream.isError ? .stderr : .stdout
        // What comes before a log thread has heard who writes is of the one that began last.
        let latest = child.latest ?? PID(0)
        switch speech {
        case .answer(let bytes, let count):
            pools.change(child.name.group) {
                let effects = $0.received(bytes, from: id, at: now)
                $0.set(id, isHeard: false)
                return effects
            }
            // First: until then a manager that follows is to hear the same.
            recordListener(id)
            answers[outlets.heard(count, of: stream)] = id
        case .output(let bytes, let run):
            announce(.log(child.name, run ?? latest, channel, bytes))
        case .message(let bytes, let run):
            log.debug("'\(child.name.process)' \(channel.rawValue) emitted a comm event")
            announce(.communication(child.name, run ?? latest, channel, bytes))
        }
    }

    /// A log thread has got so far; what it has taken out of a pipe no manager hears again.
    func hasTaken(_ token: LogToken) {
        guard let id = answers.removeValue(forKey: token), let child = children[id] else { return }
        pools.change(child.name.group) {
            $0.set(id, isHeard: true)
            return []
        }
    }

    /// Something has become of a process that may be a listener.
    func noteListener(_ report: FleetReport) {
        guard !pools.isEmpty else { return }
        switch report {
        case .spawned(let id, let name, _):
            pools.change(name.group) {
                $0.began(id)
                return []
            }
        case .exited(let id, let name, _, _, _, _):
            pools.change(name.group) { $0.ended(id, at: now) }
        case .changed(let id, let name, let change):
            pools.change(name.group) {
                $0.set(id, isRunning: change.to == .running)
                return []
            }
        case .spawnFailed, .startAborted, .killing, .waiting, .anomaly: break
        }
    }

    /// Makes a process the listener that the file says it is, or none.
    func enlistListener(_ id: MemberID, _ process: ProcessConfiguration) {
        if process.listener == nil {
            dismissListener(id, of: process.name.group)
        } else {
            pools.enlist(id, process)
            scheduleTicks()
        }
    }

    /// A process is no listener, or no more.
    func dismissListener(_ id: MemberID, of group: String?) {
        guard let group, pools[group] != nil else { return }
        let isKept = loaded.configuration.processes.contains {
            $0.name.group == group && $0.listener != nil
        }
        let lost = pools.remove(id, of: group, keepingPool: isKept, at: now)
        if lost > 0 {
            log.warning("pool \(group) is no more; \(lost) events that waited for it are given up")
        }
        listenerFile.forget(id)
        scheduleTicks()
    }

    // MARK: - Over the death of a manager

    private func recordListener(_ id: MemberID) {
        guard let child = children[id], let pid = fleet[id]?.machine.liveRun?.pid,
            let pool = pools[child.name.group], let look = pool.look(at: id)
        else { return }
        listenerFile.write(
            ListenerRecord(
                name: child.name,
                pid: pid,
                look,
                nextSerial: pools.nextSerial,
                nextPoolSerial: pool.nextPoolSerial,
                dropped: pool.counts.dropped,
                waiting: 0
            ),
            of: id
        )
    }

    /// Goes on talking to the listeners that run already, or did a moment ago.
    ///
    /// - Parameter isResumption: Whether the manager before this one is the one that talked to them.
    func resumeListeners(isResumption: Bool) {
        guard !pools.isEmpty else { return }
        let records = listenerFile.load()
        var adopted: Set<String> = []
        for member in fleet.sortedMembers
        where children[member.id]?.configuration.listener != nil {
            let record = records[member.name]
            if let run = member.machine.liveRun {
                adopted.insert(member.name.group)
                resume(member, record.flatMap { $0.pid == run.pid ? $0 : nil })
            } else if isResumption, let record {
                // It has ended meanwhile; what it has not answered is for another.
                takeOver(record, record.event.map { [$0] } ?? [])
            }
        }
        pools.resume { isResumption || adopted.contains($0) }
    }

    /// A listener about which nothing is known may be READY, and is taken for that after a while.
    private func resume(_ member: FleetMember, _ record: ListenerRecord?) {
        let (id, name) = (member.id, member.name)
        if let record { takeOver(record, []) }
        pools.change(name.group) { pool in
            pool.resume(id, in: record?.phase ?? .acknowledged, with: record?.event, at: now)
            pool.set(id, isRunning: member.machine.state == .running)
            return []
        }
        recordListener(id)
        guard record?.hasLongEvent == true else { return }
        // It may have got half of an event, and would take the next one for the rest.
        log.warning("\(name) may have been cut off in an event, and is started again")
        fleet.change(id, to: member.spec, restarting: true, at: now)
        runEffects()
    }

    private func takeOver(_ record: ListenerRecord, _ events: [QueuedEvent]) {
        pools.resume(nextSerial: record.nextSerial)
        pools.change(record.name.group) { pool in
            // All listeners of the pool tell the same.
            let lost = Int(record.dropped) + Int(record.waiting) + (record.hasLongEvent ? 1 : 0)
            pool.resume(
                events,
                nextSerial: record.nextPoolSerial,
                dropped: max(0, lost - pool.counts.dropped)
            )
            return []
        }
    }
}
