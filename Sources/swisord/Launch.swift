// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import ControlServer
import Logging
import Logs
import Platform
import SystemPackage

/// The way from a configuration to a running daemon, in the process that is to be it.
///
/// The lock is taken before anything is touched: until then a second start on the same runtime
/// directory has changed nothing. Threads come after the fork and after the signals are blocked.
/// A manager that follows another finds lock, state, socket and pipes at the guardian, and goes
/// on where that one was.
struct Launch {
    let file: String
    let overrides: DaemonOverrides
    let surroundings: Surroundings
    let loaded: LoadedConfiguration
    /// Nil when this process is to be the parent of its programs.
    let watch: GuardianWatch?

    private var settings: DaemonSettings { loaded.configuration.daemon }
    private var nameplate: Nameplate { Nameplate(settings) }

    /// Brings the daemon up, calls `ready`, and returns when it has ended.
    func run(ready: () -> Void) throws(StartupFailure) {
        let threads = ThisProcess.permitThreads()
        let signals = try attempt("signals") { () throws(SystemError) in try SignalSource() }
        let lock = try takeLock()
        try enterSurroundings()
        let openFiles = (try? FileLimits.raise())?.soft
        FileLimits.makeRoom(for: DescriptorBudget.need(of: loaded.configuration.processes.count))
        let (store, past) = try openState()
        let core = try attempt("mailbox") { () throws(SystemError) in
            try Mailbox<CoreMessage>(capacity: 65_536)
        }
        let journal = takeJournal()
        if let journal { store.keep(journal.memory, as: .moves) }
        let logs = try attempt("log threads") { () throws(SystemError) in
            try LogThreads(journal: journal) { core.post(.log($0)) }
        }
        let log = ActivityLog.start(settings, logs, isForeground: settings.nodaemon)
        tell(threads, log)
        if watch == nil { adoptOrphans(log) }
        nameplate.writePidFile(mainPID, log)
        let parts = DaemonParts(
            loaded: loaded,
            reader: ConfigurationReader(file: file, overrides: overrides),
            outlets: Outlets(
                logs: logs,
                store: store,
                core: core,
                directory: settings.runtimeDirectory + "/fifo",
                activityPath: settings.logfile
            ),
            log: log,
            environment: ChildEnvironment(
                daemon: surroundings.environment,
                socket: settings.socket,
                daemonUser: settings.user.flatMap { loaded.accounts[$0] }
            ),
            core: core,
            openFiles: openFiles,
            signals: signals,
            store: store,
            link: watch?.link,
            cgroups: watch?.take(.cgroups),
            guardian: watch?.status ?? .off
        )
        let daemon: Daemon
        do throws(SystemError) {
            daemon = try Daemon(parts)
        } catch {
            throw StartupFailure(text: "event loop: \(error)")
        }
        daemon.reloadError = watch?.takeReloadError()
        store.keep(lock.file, as: .lock)
        store.keepRecords()
        if watch?.isResumption != true { daemon.keepConfiguration() }
        try serve(daemon, core)
        greet(log, past)
        daemon.begin(past)
        daemon.resumeReload(after: watch?.takeReloadWish())
        watch?.link.listen()
        // It answers and is about to start programs: should it die at that, another is to go on. One
        // on trial has to come further.
        if watch?.isResumption == false { watch?.link.ready() }
        let end = Result { () throws(SystemError) in try daemon.run(ready: ready) }
        nameplate.removePidFile(daemon.guardian.mainPID)
        _ = consume lock
        if case .failure(let error) = end {
            throw StartupFailure(text: "the event loop failed: \(error)")
        }
    }

    /// The process that was started and that signals go to.
    private var mainPID: Int32 { watch?.welcome.guardian ?? ThisProcess.pid }

    private func attempt<Value: ~Copyable>(
        _ what: String,
        _ body: () throws(SystemError) -> Value
    ) throws(StartupFailure) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw StartupFailure(text: "\(what): \(error)")
        }
    }
}

// MARK: - Steps

extension Launch {
    /// The exit status of supervisord where another one runs: starting again is of no use.
    private static let taken: UInt8 = 2

    private func takeLock() throws(StartupFailure) -> InstanceLock {
        if let kept = watch?.take(.lock) { return InstanceLock(heldBy: kept) }
        try Directories.prepare(loaded, surroundings)
        let lock = try lock()
        // The lock of one that runs may have been swept away, as files under /tmp are.
        guard !ControlServer.isServed(settings.socket) else {
            throw StartupFailure(
                text: "another swisord is running here (\(settings.socket) answers); nothing was "
                    + "changed\nfor a second one give it a runtime_dir of its own",
                code: Self.taken
            )
        }
        return lock
    }

    /// Takes the lock, if need be from who is about to end.
    ///
    /// When guardian and manager have been killed, a child that they were just making has a copy of
    /// the lock until it has ended as well.
    private func lock() throws(StartupFailure) -> InstanceLock {
        do throws(InstanceLock.Failure) {
            do throws(InstanceLock.Failure) {
                return try InstanceLock(path: nameplate.lock, pid: mainPID)
            } catch {
                guard case .held(let path, let pid?) = error, !ProcessSignals.isAlive(pid) else {
                    throw error
                }
                InstanceLock.waitUntilFree(path, within: Self.longestEnd)
                return try InstanceLock(path: path, pid: mainPID)
            }
        } catch {
            guard case .held(let path, let pid) = error else {
                throw StartupFailure(text: "\(error)")
            }
            let holder = pid.map { ProcessSignals.isAlive($0) ? "with pid \($0) " : "" } ?? ""
            throw StartupFailure(
                text: "another swisord \(holder)is running here (\(path)); nothing was "
                    + "changed\nfor a second one give it a runtime_dir of its own",
                code: Self.taken
            )
        }
    }

    private static let longestEnd = Duration.seconds(3)

    /// Takes up umask and directory, in the foreground as well.
    private func enterSurroundings() throws(StartupFailure) {
        ThisProcess.umask(settings.umask)
        guard let directory = settings.directory else { return }
        try attempt("directory") { () throws(SystemError) in
            try ThisProcess.changeDirectory(directory)
        }
    }

    private func tell(_ threads: ThisProcess.ThreadPermission, _ log: Logger) {
        switch threads {
        case .asUsual, .refused: break
        case .mended: log.warning("a filter refuses clone3; threads are made with clone instead")
        case .mendedWithoutNewPrivileges:
            log.warning(
                """
                a filter refuses clone3; threads are made with clone instead, and programs cannot \
                gain rights by setuid (no_new_privs)
                """
            )
        }
    }

    private func adoptOrphans(_ log: Logger) {
        do throws(SystemError) {
            try Subreaper.enable()
        } catch {
            log.warning("orphans of programs will not come back to swisord: \(error)")
        }
    }

    /// Opens the records of what ran before: those of the manager before this one, or of a daemon
    /// that was killed together with its guardian.
    private func openState() throws(StartupFailure) -> (StateStore, Past) {
        let losses = tallies()
        do throws(StateFile.Failure) {
            if let watch, watch.isResumption, let kept = watch.take(.state) {
                let file = try StateFile(owning: kept)
                let past = Past.ofManager(try file.readAll(), watch)
                return (StateStore(file: file, link: watch.link, losses: losses), past)
            }
            let path = settings.runtimeDirectory + "/swisord.state"
            let boot = BootID.current()
            var remark: String?
            do throws(StateFile.Failure) {
                let file = try StateFile.open(path)
                if file.boot.isSame(as: boot) {
                    let past = Past.ofDaemon(try file.readAll(), settings.orphans)
                    return (StateStore(file: file, link: watch?.link, losses: losses), past)
                }
                remark = Past.remark(onRecordsOf: file.boot, in: boot)
            } catch {
                if case .system(let error) = error, error.errno == .noSuchFileOrDirectory {
                    remark = nil
                } else {
                    remark = "what ran before is not known: \(path): \(error)"
                }
            }
            let file = try StateFile.create(path, boot: boot)
            let past = Past.ofNothing(remark)
            return (StateStore(file: file, link: watch?.link, losses: losses), past)
        } catch {
            throw StartupFailure(text: "state: \(error)")
        }
    }

    /// The counters of what was lost, of the manager before this one where there was one.
    private func tallies() -> TallyFile? {
        guard let watch else { return nil }
        if let kept = watch.take(.losses) { return TallyFile(kept) }
        return try? TallyFile()
    }

    /// What log threads are moving; where nobody would keep it, or it cannot be had, they do without.
    private func takeJournal() -> MoveJournal? {
        guard let watch else { return nil }
        if let kept = watch.take(.moves), let journal = MoveJournal(keptBy: kept) { return journal }
        return try? MoveJournal()
    }

    private func greet(_ log: Logger, _ past: Past) {
        let pid = ThisProcess.pid
        guard let watch, watch.isResumption else {
            log.info("swisord \(ReleaseVersion.text) started with pid \(mainPID)")
            return
        }
        let count = past.memberCount
        if let crash = watch.status.lastCrash {
            log.critical("the manager ended (\(crash)); pid \(pid) goes on with \(count) programs")
        } else {
            log.info("swisord \(ReleaseVersion.text), pid \(pid), goes on with \(count) programs")
        }
    }
}
