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
        /// Tokens from here on are reports of spawns: `firstReport + MemberID`.
        case firstReport = 16
    }

    var fleet: Fleet
    var loaded: LoadedConfiguration
    var children: [MemberID: Child] = [:]
    var members: [PID: MemberID] = [:]
    var lingering = LingeringGroups()
    var replies = PendingReplies()
    var reading: [ReadingPurpose] = []
    var reader: ConfigurationReader
    var events = EventHub()
    var settling = SettlingChanges()
    var outlets: Outlets
    var reloadError: String?
    var isServerStopped = false
    var haveLogsEnded = false
    /// Members that are to start by themselves and have not had their turn yet, in order.
    var autostarting: ArraySlice<MemberID> = []
    /// Whether much memory was used for a moment and may be given back.
    var isHeapLoose = false
    var server: ControlServer?
    let log: Logger
    let narrator = Narrator()
    let environment: ChildEnvironment
    let startedAt: Double
    var wallClock = SteadyWallClock()
    let core: Mailbox<CoreMessage>
    let spawner: Spawner
    let signals: SignalSource
    private var reactor: Reactor
    private var ready: [Reactor.Event] = []
    private var isReaping = true
    /// Children on their way to exec.
    private var attempts = 0
    /// The instant of the turn.
    private(set) var now = MonotonicClock.now()

    init(_ parts: consuming DaemonParts) throws(SystemError) {
        fleet = Fleet(seed: UInt64.random(in: 0 ... .max))
        loaded = parts.loaded
        reader = parts.reader
        outlets = parts.outlets
        log = parts.log
        environment = parts.environment
        core = parts.core
        startedAt = WallClock.now()
        spawner = try Spawner(restoringOpenFiles: parts.openFiles)
        reactor = try Reactor()
        signals = parts.signals
        try reactor.add(signals.descriptor, token: Source.signals.rawValue)
        try reactor.add(core.descriptor, token: Source.mailbox.rawValue)
    }

    /// Runs until the fleet has been shut down and the server has said goodbye.
    ///
    /// - Parameter ready: Called once, when autostart has been attempted for all.
    /// - Throws: `SystemError` when the kernel's events cannot be had any more.
    func run(ready: () -> Void) throws(SystemError) {
        while !autostarting.isEmpty { try turn() }
        ready()
        while !isServerStopped { try turn() }
        try finishLogs()
    }

    /// Has the log threads write what is left; a disk that does not answer is not waited for.
    private func finishLogs() throws(SystemError) {
        log.info("swisord has ended")
        releaseAll()
        outlets.logs.post(.shutdown)
        let end = now.advanced(by: Self.longestFarewell)
        while !haveLogsEnded {
            ready.removeAll(keepingCapacity: true)
            let left = end.duration(since: MonotonicClock.now())
            guard left > .zero else { return }
            try reactor.wait(timeout: left, into: &ready)
            for message in core.takeAll() { handle(message) }
        }
    }

    private static let longestFarewell = Duration.seconds(5)

    private func turn() throws(SystemError) {
        ready.removeAll(keepingCapacity: true)
        try reactor.wait(timeout: timeout(), into: &ready)
        now = MonotonicClock.now()
        let received =
            ready.contains { $0.token == Source.signals.rawValue }
            ? signals.read().map(\.signal) : []
        if isReaping || received.contains(.child) { reapChildren() }
        for event in ready where event.token >= Source.firstReport.rawValue {
            readReport(of: MemberID(rawValue: Int(event.token - Source.firstReport.rawValue)))
        }
        // Whoever may have died already is not promoted: first all exits, then the deadlines.
        if !isReaping {
            fleet.reachDeadlines(at: now, atMost: Self.startsPerTurn)
            runEffects()
        }
        if ready.contains(where: { $0.token == Source.mailbox.rawValue }) {
            for message in core.takeAll() { handle(message) }
        }
        for signal in received where signal != .child { handle(signal) }
        autostartSome()
        if isHeapLoose, attempts == 0, autostarting.isEmpty {
            isHeapLoose = false
            ThisProcess.giveBackMemory()
        }
    }

    private func timeout() -> Duration? {
        if isReaping || !autostarting.isEmpty { return .zero }
        return fleet.nextDeadline().map { $0.duration(since: MonotonicClock.now()) }
    }

    /// Reaps a bounded number of children, so that ten thousand exits do not keep clients waiting.
    ///
    /// One is collected and dealt with before the next: what it starts can have the pid of no
    /// other that has ended, and a group is looked at before its number can be another's.
    private func reapChildren() {
        for _ in 0..<Self.exitsPerTurn {
            guard let child = Reaper.reap() else {
                isReaping = false
                return
            }
            if let id = members.removeValue(forKey: child.pid) {
                handleExit(of: id, child.status)
            } else {
                log.info("reaped unknown pid \(child.pid) (\(child.status))")
            }
            for id in lingering.takeEmptied() {
                fleet.handle(.groupEmptied, for: id, at: now)
                runEffects()
            }
        }
        isReaping = true
    }

    private static let exitsPerTurn = 64

    private func handleExit(of id: MemberID, _ status: ExitStatus) {
        readReport(of: id)
        let failure = children[id]?.failure
        children[id]?.failure = nil
        fleet.handle(.exited(failure.map(ExitStatus.neverExecuted) ?? status), for: id, at: now)
        runEffects()
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
