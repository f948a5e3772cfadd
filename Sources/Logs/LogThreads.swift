// SPDX-License-Identifier: Apache-2.0

package import Platform
package import Supervision
private import Synchronization

/// All log threads: one for each file system that logs are on, and one for the activity log.
///
/// So a disk that hangs holds up only the programs that log to it. Takes the same commands as a
/// single thread and passes each to the thread whose it is. Nothing here waits for a disk.
package final class LogThreads: Sendable {
    private struct State {
        /// By the device of the log's directory; "" serves what goes to no file.
        var threads: [String: LogThread] = [:]
        /// On which of them a stream is: as long as it is attached, on that of its log.
        var homes: [StreamID: LogThread] = [:]
        /// Where streams were that are on their way to another.
        var former: [StreamID: LogThread] = [:]
        /// The devices of directories that were asked for.
        var devices: [String: String] = [:]
    }

    private let activity: LogThread
    private let state = Mutex(State())
    private let notices: @Sendable (LogNotice) -> Void
    private let running: RunningCount
    private let watch: DiskWatch
    private let bell: Bell
    private let journal: MoveJournal?

    /// More file systems than this have no threads of their own.
    private static let most = 8

    /// Starts the activity log's thread; the others start when they are needed.
    ///
    /// - Parameters:
    ///   - journal: Where it is noted what is being moved; nil where nobody keeps it.
    ///   - notices: Called on any log thread, must not wait; `ended` comes once, when the last of
    ///     them has ended.
    /// - Throws: when there are no descriptors or threads left.
    package init(
        journal: MoveJournal? = nil,
        notices: @escaping @Sendable (LogNotice) -> Void
    ) throws(SystemError) {
        let running = RunningCount()
        let filtered: @Sendable (LogNotice) -> Void = { notice in
            if notice != .ended || running.oneEnded() { notices(notice) }
        }
        let watch = try DiskWatch()
        self.watch = watch
        self.journal = journal
        bell = try Bell()
        activity = try LogThread(
            name: "log-activity",
            watch: watch,
            journal: journal,
            notices: filtered
        )
        self.notices = filtered
        self.running = running
    }

    /// By what a log thread and whoever opens a pipe keep out of each other's way.
    package func makeTurn() -> PipeTurn { PipeTurn(bell) }

    /// Nobody keeps any more what is noted of moves, so nothing is to depend on it.
    package func loseJournal() { journal?.isLost() }

    /// The thread of the activity log, for an `ActivityLogHandler`.
    package var activityThread: LogThread { activity }

    /// Passes the command on; those that name no stream go to all threads.
    package func post(_ command: LogCommand) {
        switch command {
        case .openActivity:
            activity.post(command)
        case .attach(let id, _, _, let target, _, _):
            attach(id, target).post(command)
        case .retarget(let id, let target, let treatment): retarget(id, target, treatment)
        case .began(let id, _), .ended(let id, _, _), .heard(let id, _, _), .drain(let id, _),
            .clear(let id, _), .readTail(let id, _, _), .readSlice(let id, _, _, _),
            .follow(_, let id, _, _), .moveAway(let id, _), .expect(let id),
            .arrive(let id, _, _, _):
            home(of: id).post(command)
        case .detach(let id, _):
            home(of: id).post(command)
            state.withLock { _ = $0.homes.removeValue(forKey: id) }
        case .reopen, .unfollow, .shutdown:
            for thread in all() { thread.post(command) }
        }
    }

    /// Has all log files opened anew; answers how many times `drained` will be told.
    package func reopen(_ token: LogToken) -> Int {
        let threads = all()
        for thread in threads { thread.post(.reopen(token)) }
        return threads.count
    }

    /// Goes off when a disk may not be answering; then `stalls` is to be called.
    package var diskAlarm: OwnedDescriptor { _read { yield watch.alarm.descriptor } }

    /// The logs whose disks keep their threads waiting, one for each thread; for the alarm.
    package func stalls(at now: Instant) -> [Stall] {
        watch.look(at: all().map(\.mark), now)
    }

    /// How long the disk of a stream's log has not answered; nil when it does.
    package func silence(of id: StreamID, at now: Instant) -> Duration? {
        let silences = threads(of: id).compactMap(\.mark.work).map { now.duration(since: $0.since) }
        return silences.filter { $0 >= DiskWatch.patience }.max()
    }

    /// Whether whoever reads this stream waits for a disk, and may for long.
    package func keepsWaiting(_ id: StreamID, at now: Instant) -> Bool {
        threads(of: id).contains { thread in
            let mark = thread.mark
            guard let work = mark.work, now.duration(since: work.since) > .milliseconds(100) else {
                return false
            }
            // Without /proc it is better not to wait.
            return ProcessStat.read(mark.thread)?.isRunnable != true
        }
    }

    /// Waits until all threads have ended, which `shutdown` asks for.
    package func join() {
        for thread in all() { thread.join() }
    }

    private func all() -> [LogThread] {
        [activity] + state.withLock { Array($0.threads.values) }
    }

    /// The thread of a stream, and that which it has not come from yet.
    private func threads(of id: StreamID) -> [LogThread] {
        let former = state.withLock { $0.former[id] }
        return former.map { [$0, home(of: id)] } ?? [home(of: id)]
    }

    private func home(of id: StreamID) -> LogThread {
        state.withLock { $0.homes[id] } ?? activity
    }

    /// The thread for a stream, started when it is the first on its file system.
    private func attach(_ id: StreamID, _ target: LogTarget) -> LogThread {
        state.withLock { state in
            // A stream that is attached again stays where its former descriptor is drained.
            if let home = state.homes[id] { return home }
            let home = thread(for: target, in: &state)
            state.homes[id] = home
            return home
        }
    }

    /// Sends a stream to another log, by the thread whose log that is.
    private func retarget(
        _ id: StreamID,
        _ target: LogTarget,
        _ treatment: OutputTreatment
    ) {
        state.withLock { state in
            let home = state.homes[id] ?? activity
            guard case .file = target.place, state.homes[id] != nil else {
                return home.post(.retarget(id, target, treatment))
            }
            let next = thread(for: target, in: &state)
            guard next !== home else { return home.post(.retarget(id, target, treatment)) }
            state.homes[id] = next
            state.former[id] = home
            // Before anything else that it is asked of the stream.
            next.post(.expect(id))
            home.post(
                .moveAway(id) { [self] moved in
                    next.post(.arrive(id, moved, target, treatment))
                    self.state.withLock { state in
                        if state.former[id] === home { state.former[id] = nil }
                    }
                }
            )
        }
    }

    private func thread(for target: LogTarget, in state: inout State) -> LogThread {
        let device = device(of: target, in: &state)
        if let thread = state.threads[device] { return thread }
        guard state.threads.count < Self.most,
            let made = try? LogThread(
                name: device.isEmpty ? "log" : "log-\(device)",
                watch: watch,
                journal: journal,
                notices: notices
            )
        else { return state.threads.values.first ?? activity }
        running.oneStarted()
        state.threads[device] = made
        return made
    }

    private func device(of target: LogTarget, in state: inout State) -> String {
        guard case .file(let settings) = target.place,
            LogOutputs.ownDescriptor(named: settings.path) == nil,
            let slash = settings.path.lastSlash
        else { return "" }
        let directory = String(settings.path[..<slash]) + "/"
        if let known = state.devices[directory] { return known }
        let device = MountTable.current().device(of: directory)
        state.devices[directory] = device
        return device
    }
}

/// How many log threads have not ended.
private final class RunningCount: Sendable {
    private let count = Mutex(1)

    func oneStarted() {
        count.withLock { $0 += 1 }
    }

    /// Whether it was the last one.
    func oneEnded() -> Bool {
        count.withLock {
            $0 -= 1
            return $0 == 0
        }
    }
}
