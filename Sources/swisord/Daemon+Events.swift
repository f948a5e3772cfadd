// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform
import Supervision

/// Telling what happens: each event passes through here, to all who want to know.
extension Daemon {
    /// Tells listeners and clients of an event.
    ///
    /// - Parameters:
    ///   - announcement: What it says.
    ///   - exit: How the process ended, for one that has.
    func announce(_ announcement: Announcement, exit: String? = nil) {
        pools.add(announcement)
        let time = WallClock.now()
        events.publish(.event(announcement.type)) { serial in
            var note = EventNote(announcement, serial: serial, at: time)
            note.exit = exit
            return note
        }
    }

    /// Tells of a change of state, as the two that it is where a stop and a start were one.
    func announce(_ change: StateChange, of name: ProcessName, _ id: MemberID) {
        // Only a change that an exit has brought about carries one.
        let isExit = change.from == .stopping || [.exited, .backoff, .fatal].contains(change.to)
        let exit = isExit ? fleet[id]?.history.lastExit?.description : nil
        for step in change.steps {
            announce(.processState(name, step), exit: step.to == .starting ? nil : exit)
        }
    }

    /// Tells clients of something that supervisord has no event for.
    func note(
        _ topic: EventTopic,
        _ type: EventNote.Kind,
        from: String? = nil,
        to: String
    ) {
        let time = WallClock.now()
        events.publish(topic) { serial in
            EventNote(serial: serial, type: type, from: from, to: to, at: time)
        }
    }

    // MARK: - Groups

    /// Tells of groups that are new.
    func announceGroups(_ names: [String]) {
        for name in names where groupsTold.insert(name).inserted { announce(.groupAdded(name)) }
    }

    /// Tells that a group is gone, once the last of its processes is.
    func announceRemoval(ofGroup name: String) {
        guard groupsTold.contains(name), !fleet.hasMember(inGroup: name) else { return }
        groupsTold.remove(name)
        announce(.groupRemoved(name))
    }

    // MARK: - Ticks

    /// Takes up who wants ticks; nobody is woken for those that nobody wants.
    func scheduleTicks() {
        let wanted = TickPeriod.allCases.filter {
            events.wants($0.eventType) || pools.wants($0.eventType)
        }
        ticks.want(Set(wanted), at: WallClock.now())
    }

    /// How long there is nothing to be told; nil for ever.
    func eventTimeout() -> Duration? {
        let tick = ticks.isWanted ? ticks.delay(at: WallClock.now()) : nil
        let pool = pools.deadline.map { max(.zero, $0.duration(since: MonotonicClock.now())) }
        return [pool, tick].compactMap(\.self).min()
    }

    /// Tells the ticks that are due.
    func tick() {
        guard ticks.isWanted else { return }
        let due = ticks.take(at: WallClock.now())
        guard !due.isEmpty else { return }
        for (period, slice) in due { announce(.tick(period, at: slice)) }
        // Whoever wanted them may have gone.
        scheduleTicks()
    }

    // MARK: - From outside

    /// Tells what a client wants to be told.
    func emit(_ type: String, _ data: String) -> Response {
        guard !type.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            return .failure(
                APIError(
                    .badRequest,
                    "the type of an event holds a control character",
                    hint: "it is one line; what follows belongs in the data"
                )
            )
        }
        announce(.remote(type: type, data: data))
        return .daemon(information())
    }
}

extension EventNote {
    /// Puts an announcement into the words of the wire.
    init(_ announcement: Announcement, serial: UInt64, at time: Double) {
        let payload = announcement.payload
        self.init(
            serial: serial,
            type: Kind(announcement),
            event: announcement.type.rawValue,
            payload: payload.isEmpty ? nil : payload,
            at: time
        )
        switch announcement {
        case .processState(let process, let change):
            (name, group) = (process.process, process.group)
            (from, to) = (change.from.name, change.to.name)
            pid = change.livePID.map(Int.init)
        case .communication(let process, let id, _, _), .log(let process, let id, _, _):
            (name, group) = (process.process, process.group)
            pid = Int(id)
        case .groupAdded(let added): group = added
        case .groupRemoved(let removed): group = removed
        case .daemonIsRunning: to = "RUNNING"
        case .daemonIsStopping: (from, to) = ("RUNNING", "STOPPING")
        case .remote, .tick: break
        }
    }
}

extension EventNote.Kind {
    fileprivate init(_ announcement: Announcement) {
        self =
            switch announcement {
            case .processState: .processState
            case .communication: .processCommunication
            case .log: .processLog
            case .remote: .remoteCommunication
            case .daemonIsRunning, .daemonIsStopping: .daemonState
            case .tick: .tick
            case .groupAdded, .groupRemoved: .processGroup
            }
    }
}
