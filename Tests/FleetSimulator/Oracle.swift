// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The bystander: sees every event and effect, keeps its own books and complains.
struct Oracle: Sendable {
    enum Stage: Hashable, Sendable {
        case happenings, deadlines, requests
    }

    struct OpenRequest: Hashable, Sendable {
        let command: Fleet.Command
        let waits: Bool
        let members: [MemberID]
        let missing: Int
    }

    /// In order of their identifiers, which only grow.
    var watches: [Watch] = []
    var open: [Ticket: OpenRequest] = [:]
    var stage = Stage.requests
    /// What has become of a shutdown.
    var shutdownBegan = false
    var shutdownIsComplete = false
    /// Priorities may have changed since a shutdown began.
    var reloadedSinceShutdown = false
    private(set) var removed = 0

    // MARK: - Books

    func slot(_ id: MemberID) -> Int? {
        watches.firstIndex { $0.id == id }
    }

    func watch(_ id: MemberID) throws(Violation) -> Watch {
        guard let slot = slot(id) else { throw Violation("\(id) is not known any more") }
        return watches[slot]
    }

    mutating func update(
        _ id: MemberID,
        _ change: (inout Watch) -> Void
    ) throws(Violation) {
        guard let slot = slot(id) else { throw Violation("\(id) is not known any more") }
        change(&watches[slot])
    }

    mutating func add(_ id: MemberID, _ spec: MemberSpec) throws(Violation) {
        if let slot = slot(id) {
            try require(watches[slot].isLeaving, "\(spec.name) was revived but had not left")
            watches[slot].isLeaving = false
            adopt(spec, slot)
            return
        }
        watches.append(
            Watch(
                id: id,
                name: spec.name,
                groupPriority: spec.groupPriority,
                policy: spec.policy,
                stopPolicy: spec.policy
            )
        )
    }

    mutating func change(_ id: MemberID, to spec: MemberSpec) throws(Violation) {
        guard let slot = slot(id) else { throw Violation("\(id) is not known any more") }
        adopt(spec, slot)
    }

    private mutating func adopt(_ spec: MemberSpec, _ slot: Int) {
        if watches[slot].state != .stopping { watches[slot].stopPolicy = watches[slot].policy }
        watches[slot].policy = spec.policy
        watches[slot].groupPriority = spec.groupPriority
        watches[slot].isPolicyMixed = true
        watches[slot].isChanging = true
        if shutdownBegan { reloadedSinceShutdown = true }
    }

    mutating func ask(_ id: MemberID, _ wish: Watch.Wish?) {
        guard let slot = slot(id) else { return }
        watches[slot].isAsked = true
        if let wish { watches[slot].wish = wish }
    }

    mutating func forget(_ id: MemberID) throws(Violation) {
        let watch = try watch(id)
        try require(watch.isLeaving, "\(watch.name) was removed without having been asked to leave")
        try require(watch.isAtRest, "\(watch.name) was removed while \(watch.state)")
        try require(!watch.hasLeader, "\(watch.name) was removed while its leader lives")
        watches.removeAll { $0.id == id }
        removed += 1
    }

    // MARK: - What is told to the fleet

    mutating func spawned(_ id: MemberID, _ run: RunID, _ pid: PID, at now: Instant) {
        guard let slot = slot(id) else { return }
        watches[slot].run = run
        watches[slot].pid = pid
        watches[slot].hasLeader = true
        watches[slot].spawnedAt = now
        watches[slot].executedAt = nil
        watches[slot].didExecute = false
        watches[slot].isExecTold = false
        watches[slot].isEmptying = false
        watches[slot].wasAskedToEnd = false
    }

    mutating func executed(_ run: RunID, at now: Instant) {
        guard let slot = slot(run.member), watches[slot].run == run else { return }
        watches[slot].didExecute = true
        watches[slot].executedAt = now
    }

    /// The fleet is about to be told of an exec.
    mutating func tellsExec(of id: MemberID) {
        if let slot = slot(id) { watches[slot].isExecTold = true }
    }

    mutating func ended(_ id: MemberID, _ status: ExitStatus) {
        guard let slot = slot(id) else { return }
        watches[slot].hasLeader = false
        watches[slot].lastStatus = status
    }

    /// Everything that one input has caused has been done.
    mutating func inputIsDone() throws(Violation) {
        for slot in watches.indices {
            watches[slot].isAsked = false
            watches[slot].isChanging = false
        }
        for (ticket, request) in open where !request.waits && !awaitsExec(request) {
            throw Violation("\(ticket) did not want to wait and has no answer")
        }
    }

    /// Whether a start, though it does not wait, has yet to see what becomes of an exec.
    private func awaitsExec(_ request: OpenRequest) -> Bool {
        request.command == .start
            && watches.contains {
                request.members.contains($0.id) && $0.state == .starting && !$0.isExecTold
            }
    }
}
