// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import ControlServer
import Logging
import Logs
import Platform
import Supervision

/// The daemon: owns everything, and turns.
///
/// A turn waits for the kernel, reads the clock once, and works in a fixed order: child exits,
/// deadlines, requests, signals. So a program that has died is never promoted to RUNNING, and
/// everything in a turn happens at one instant. Nothing here blocks: files are written by the log
/// threads, clients are served by the control thread, the configuration is read on a thread of
/// its own.
final class Daemon {
    enum Source: UInt64 {
        case signals = 0
        case mailbox = 1
        case guardian = 2
        case disks = 3
        case cgroups = 8
        /// Tokens from here on are reports of spawns: `firstReport + MemberID`.
        case firstReport = 16
        /// Tokens from here on are processes that are no children: `firstSurvivor + MemberID`.
        case firstSurvivor = 0x0100_0000_0000
        /// Tokens from here on are inputs of programs: `firstInput + MemberID`.
        case firstInput = 0x0200_0000_0000
        /// Tokens from here on are processes that are left of runs: `firstWitness + MemberID`.
        case firstWitness = 0x0300_0000_0000
    }

    var fleet: Fleet
    var loaded: LoadedConfiguration
    /// The file as it was read last; nil in a manager that follows another, until it reads it.
    var offered: LoadedConfiguration?
    var children: [MemberID: Child] = [:]
    var members: [PID: MemberID] = [:]
    var lingering = LingeringGroups()
    let sockets: ServiceSockets
    let groups: RunGroups
    var trees: TreeThread?
    var files: FileThread?
    var replies = PendingReplies()
    var ledger: RequestLedger
    /// The keys of requests that the fleet works on.
    var keyed: [Ticket: KeyedRequest] = [:]
    /// Who waits for what comes of an upgrade.
    var upgrading: [RequestKey] = []
    /// When this manager went on with a shutdown that the one before had begun.
    var shutdownResumedAt: Instant?
    var reading: [ReadingPurpose] = []
    var reader: ConfigurationReader
    var events: EventHub
    var pools: EventPools
    let listenerFile: ListenerFile
    /// Whose answers have been heard and are about to be taken out of their pipes.
    var answers: [LogToken: MemberID] = [:]
    let nameplate: Nameplate
    var ticks = TickSchedule()
    /// The groups that listeners know of.
    var groupsTold: Set<String> = []
    var settling = SettlingChanges()
    var diskSilence = DiskSilence()
    var outlets: Outlets
    var reloadError: String?
    /// How many managers in turn were to do a reload that a signal has asked for; 0 for none.
    var reloadAttempts: UInt8 = 0
    var isServerStopped = false
    var haveLogsEnded = false
    /// Members that are to start by themselves and have not had their turn yet, in order.
    var autostarting: ArraySlice<MemberID> = []
    /// Whether much memory was used for a moment and may be given back.
    var isHeapLoose = false
    var server: ControlServer?
    /// Why clients cannot come by TCP, though they should.
    var networkTrouble: String?
    let log: Logger
    let narrator = Narrator()
    let environment: ChildEnvironment
    let startedAt: Double
    var wallClock = SteadyWallClock()
    let core: Mailbox<CoreMessage>
    let spawner: Spawner
    /// For files that the core reads itself; so long it may stand still for one.
    let patience = Patience(limit: .milliseconds(100))
    let signals: SignalSource
    let store: StateStore
    /// What is known of the guardian, for the status.
    var guardian: GuardianStatus
    var exits: ExitSource
    /// Whether something for the guardian waits for room in its socket.
    var isSendingLater = false
    /// What was taken out before this manager and may not have come to its end; nil until it is
    /// asked for.
    var departures: [ProcessName: ConfigurationHistory.Departed]?
    /// How many descriptors that the guardian could not keep have been told.
    var toldRefusals = 0
    /// Copies of programs that an earlier daemon left behind and that are not to be touched.
    var orphans: [ProcessName: Orphan] = [:]
    /// Processes that are not collected by anybody we hear of.
    var survivors: [MemberID: Survivor] = [:]
    /// Of whom the activity log tells that they are killed.
    var killed: [MemberID: PID] = [:]
    /// Of each stop that nobody would tell the end of, one of those that it waits for.
    var witnesses: [MemberID: Survivor] = [:]
    var reactor: Reactor
    private var ready: [Reactor.Event] = []
    var isReaping = true
    var unheld = UnheldRuns()
    /// The ends of programs that wait to be dealt with until their last output has been read.
    var lastWords = LastWords()
    /// The process group of who was told last to have ended; nil when it is not known.
    private var endedGroup: PID?
    /// Children on their way to exec.
    private var attempts = 0
    /// The instant of the turn.
    private(set) var now = MonotonicClock.now()

    init(_ parts: consuming DaemonParts) throws(SystemError) {
        fleet = Fleet(seed: UInt64.random(in: 0 ... .max))
        loaded = parts.loaded
        offered = parts.guardian.starts > 1 ? nil : parts.loaded
        reader = parts.reader
        nameplate = Nameplate(parts.loaded.configuration.daemon)
        let directory = parts.loaded.configuration.daemon.runtimeDirectory
        ledger = RequestLedger(RequestFile(path: directory + "/swisord.requests"))
        listenerFile = ListenerFile(path: directory + "/swisord.listeners")
        pools = EventPools(EventFile(path: directory + "/swisord.events"))
        outlets = parts.outlets
        log = parts.log
        environment = parts.environment
        core = parts.core
        startedAt = WallClock.now()
        groups = RunGroups(
            instance: parts.store.identity,
            parts.loaded.configuration.daemon.processTrees,
            kept: parts.cgroups
        )
        spawner = try Spawner(restoringOpenFiles: parts.openFiles)
        reactor = try Reactor()
        store = parts.store
        sockets = ServiceSockets(store: parts.store, patience: patience)
        guardian = parts.guardian
        events = EventHub(openedAt: startedAt)
        exits = parts.link.map(ExitSource.guardian) ?? .children
        signals = parts.signals
        if let link = parts.link {
            try reactor.add(link.descriptor, token: Source.guardian.rawValue)
        }
        try reactor.add(signals.descriptor, token: Source.signals.rawValue)
        try reactor.add(core.descriptor, token: Source.mailbox.rawValue)
        try reactor.add(outlets.logs.diskAlarm, token: Source.disks.rawValue)
    }

    /// Runs until the fleet has been shut down and the server has said goodbye.
    ///
    /// - Parameter ready: Called once, when autostart has been attempted for all.
    /// - Throws: `SystemError` when the kernel's events cannot be had any more.
    func run(ready: () -> Void) throws(SystemError) {
        takeUpTrees()
        seekLeftovers()
        runPools()
        while !autostarting.isEmpty { try turn() }
        ready()
        finishUpgrade()
        while !isServerStopped { try turn() }
        groups.leave()
        pools.end()
        try finishLogs()
        if case .guardian(let link) = exits { link.farewell(0) }
    }

    /// Has the log threads write what is left; a disk that does not answer is not waited for.
    private func finishLogs() throws(SystemError) {
        releaseAll()
        let begin = now
        // What cannot be written is told as well, as long as there is a log to tell it in.
        try attend(until: begin.advanced(by: Self.longestReading)) { outlets.left.isEmpty }
        log.info("swisord has ended")
        outlets.logs.post(.shutdown)
        try attend(until: begin.advanced(by: Self.longestFarewell)) { haveLogsEnded }
    }

    /// Hears what the log threads have to say, until they have said it or it has taken too long.
    private func attend(until end: Instant, _ isOver: () -> Bool) throws(SystemError) {
        while !isOver() {
            ready.removeAll(keepingCapacity: true)
            let left = end.duration(since: MonotonicClock.now())
            guard left > .zero else { return }
            try reactor.wait(timeout: left, into: &ready)
            for message in core.takeAll() { handle(message) }
            now = MonotonicClock.now()
            if ready.contains(where: { $0.token == Source.disks.rawValue }) { lookAfterDisks() }
        }
    }

    private static let longestReading = Duration.seconds(4)
    private static let longestFarewell = Duration.seconds(5)

    private func turn() throws(SystemError) {
        ready.removeAll(keepingCapacity: true)
        try reactor.wait(timeout: timeout(), into: &ready)
        now = MonotonicClock.now()
        let received =
            ready.contains { $0.token == Source.signals.rawValue }
            ? signals.read().map(\.signal) : []
        let hasNews =
            ready.contains { $0.token == Source.guardian.rawValue }
            || lastWords.next.map { $0 <= now } == true
        if isReaping || hasNews || received.contains(.child) { takeExits() }
        for event in ready where event.token >= Source.firstReport.rawValue {
            if event.token >= Source.firstWitness.rawValue {
                witnessEnded(MemberID(token: event.token, after: .firstWitness))
            } else if event.token >= Source.firstInput.rawValue {
                flushInput(of: MemberID(token: event.token, after: .firstInput))
            } else if event.token >= Source.firstSurvivor.rawValue {
                survivorEnded(MemberID(token: event.token, after: .firstSurvivor))
            } else {
                readReport(of: MemberID(token: event.token, after: .firstReport))
            }
        }
        // Whoever may have died already is not promoted: first all exits, then the deadlines.
        if !isReaping, !isHeldBack() {
            fleet.reachDeadlines(at: now, atMost: Self.startsPerTurn)
            runEffects()
        }
        tick()
        if ready.contains(where: { $0.token == Source.cgroups.rawValue }) { cgroupsHaveChanged() }
        if ready.contains(where: { $0.token == Source.mailbox.rawValue }) {
            for message in core.takeAll() { handle(message) }
        }
        for signal in received where signal != .child { handle(signal) }
        if ready.contains(where: { $0.token == Source.disks.rawValue }) { lookAfterDisks() }
        autostartSome()
        holdSome()
        runPools()
        keepSending()
        if isHeapLoose, attempts == 0, autostarting.isEmpty, unheld.isEmpty {
            isHeapLoose = false
            ThisProcess.giveBackMemory()
        }
    }

    private func timeout() -> Duration? {
        if isReaping || !autostarting.isEmpty { return .zero }
        let instants = [lastWords.next, unheld.due].compactMap(\.self)
        let waits = instants.map { $0.duration(since: MonotonicClock.now()) }
        let events = (waits + [eventTimeout()].compactMap(\.self)).min().map { max(.zero, $0) }
        guard let left = fleet.nextDeadline()?.duration(since: MonotonicClock.now()) else {
            return events
        }
        let held = exits.expectsMore || !lastWords.isEmpty ? max(left, Self.longestHold) : left
        return events.map { min($0, held) } ?? held
    }

    /// Whether deadlines wait until all exits have been told, but not for a guardian that hangs.
    private func isHeldBack() -> Bool {
        if !lastWords.isEmpty { return true }
        guard exits.expectsMore, let deadline = fleet.nextDeadline() else { return false }
        return now.duration(since: deadline) < Self.longestHold
    }

    private static let longestHold = Duration.milliseconds(100)

    /// Takes a bounded number of exits, so that ten thousand do not keep clients waiting.
    ///
    /// One is dealt with, recorded and acknowledged before the next: what it starts can have the
    /// pid of no other that has ended, and a manager that dies in between is told again.
    private func takeExits() {
        takeHeard()
        // Of others nothing is told before it has been acknowledged.
        guard !lastWords.hasChild else {
            isReaping = false
            return
        }
        for _ in 0..<Self.exitsPerTurn {
            guard let news = exits.next() else {
                if case .guardian(let link) = exits {
                    link.flush()
                    tellRefusals(link)
                }
                isReaping = false
                if case .guardian(let link) = exits, link.isGone { guardianHasGone() }
                return
            }
            switch news {
            case .ended(let child):
                if awaitsLastWords(of: .child(child), members[child.pid]) {
                    isReaping = false
                    return
                }
                take(child)
            case .collected: tellEmptied(after: endedGroup)
            }
        }
        isReaping = true
    }

    func take(_ child: ReapedChild) {
        if let id = members.removeValue(forKey: child.pid) {
            endedGroup = child.pid
            handleExit(of: id, child.status, pid: child.pid)
        } else {
            endedGroup = lingering.isNone ? nil : ProcessStat.read(child.pid)?.group
            log.info("reaped unknown pid \(child.pid) (\(child.status))")
        }
        if exits.acknowledge(child.pid) { tellEmptied(after: endedGroup) }
    }

    private static let exitsPerTurn = 64

    /// A process has ended; its pid is still its own where that is known.
    func handleExit(of id: MemberID, _ status: ExitStatus, pid: PID?) {
        readReport(of: id)
        let event: ProcessMachine.Event
        var hasExecuted = true
        if let failure = children[id]?.failure {
            children[id]?.failure = nil
            hasExecuted = false
            event = .exited(.neverExecuted(failure))
        } else if wasAborted(children[id], status, pid) {
            hasExecuted = false
            event = .startAborted
        } else {
            event = .exited(status)
        }
        leaderHasGone(id, hasExecuted: hasExecuted)
        // As long as it has not been collected its number is its own.
        if pid != nil { children[id]?.seenTicks = BootClock.ticks() }
        children[id]?.ended()
        closeInput(of: id)
        fleet.handle(event, for: id, at: now)
        runEffects()
    }

    /// Whether a child that waited for a manager which was killed was never the program.
    private func wasAborted(_ child: Child?, _ status: ExitStatus, _ pid: PID?) -> Bool {
        guard let child, child.isInherited else { return false }
        if child.wasAborted(by: status) { return true }
        return pid.flatMap(ProcessStat.read)?.hasExecuted == false
    }

    /// Looks how a child's way to exec ended, once it has.
    private func readReport(of id: MemberID) {
        guard let child = children[id] else { return }
        switch child.takeReport(from: reactor) {
        case nil, .pending: return
        case .failed(let failure):
            attempts -= 1
            child.failure = failure
        case .executed:
            attempts -= 1
            fleet.handle(.executed, for: id, at: now)
            runEffects()
        }
    }

    /// Waits for the report of a spawn that has just been made.
    func expect(
        _ report: consuming OwnedDescriptor,
        of program: PreparedProgram,
        for child: Child
    ) throws(SystemError) {
        attempts += 1
        try child.expect(
            report,
            of: program,
            in: reactor,
            token: Source.firstReport.rawValue + UInt64(child.id.rawValue)
        )
    }
}
