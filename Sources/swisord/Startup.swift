// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import ControlServer
import Logging
import Logs
import Platform
import SystemPackage

/// Why the daemon did not come up, and the exit status that says so.
struct StartupFailure: Error {
    let text: String
    var code: UInt8 = 1
}

/// The way from a command line to a running daemon.
///
/// The lock is taken before anything is touched: until then a second start on the same runtime
/// directory has changed nothing. Threads come after the fork and after the signals are blocked.
struct Startup {
    let file: String
    let overrides: DaemonOverrides
    let isCheck: Bool
    let surroundings: Surroundings

    /// Runs the daemon to its end, or only as far as it gets.
    ///
    /// - Returns: The exit status: 0, 1 for a failure, 2 for an unusable configuration.
    func run() -> Int32 {
        let reading = ConfigurationReader.read(file, overrides)
        if !reading.diagnostics.isEmpty { StandardError.write(reading.text + "\n") }
        guard let loaded = reading.loaded else { return 2 }
        if isCheck { return 0 }
        if loaded.configuration.daemon.nodaemon { return runInForeground(loaded) }
        return runDetached(loaded)
    }

    private func runInForeground(_ loaded: LoadedConfiguration) -> Int32 {
        do throws(StartupFailure) {
            try start(loaded, isForeground: true) {}
            return 0
        } catch {
            StandardError.write("swisord: \(error.text)\n")
            return Int32(error.code)
        }
    }

    private func runDetached(_ loaded: LoadedConfiguration) -> Int32 {
        let daemonizer: Daemonizer
        // A pipe of whoever starts the daemon would otherwise stay open as long as it lives.
        ThisProcess.closeDescriptors(from: 3)
        do throws(SystemError) {
            daemonizer = try Daemonizer.detach()
        } catch {
            StandardError.write("swisord: cannot become a daemon: \(error)\n")
            return 1
        }
        var waiting: Daemonizer? = consume daemonizer
        do throws(StartupFailure) {
            try start(loaded, isForeground: false) {
                try? waiting.take()?.ready()
            }
            return 0
        } catch {
            waiting.take()?.failed("swisord: \(error.text)", code: error.code)
            return Int32(error.code)
        }
    }

    /// Brings the daemon up, calls `ready`, and returns when it has ended.
    private func start(
        _ loaded: LoadedConfiguration,
        isForeground: Bool,
        ready: () -> Void
    ) throws(StartupFailure) {
        let settings = loaded.configuration.daemon
        let threads = ThisProcess.permitThreads()
        let signals = try attempt("signals") { () throws(SystemError) in try SignalSource() }
        try prepareDirectories(loaded)
        let lock = try takeLock(settings)
        try enterSurroundings(settings)
        let openFiles = (try? FileLimits.raise())?.soft
        let core = try attempt("mailbox") { () throws(SystemError) in
            try Mailbox<CoreMessage>(capacity: 65_536)
        }
        let logs = try attempt("log threads") { () throws(SystemError) in
            try LogThreads { core.post(.log($0)) }
        }
        let log = ActivityLog.start(settings, logs, isForeground: isForeground)
        tell(threads, log)
        adoptOrphans(log)
        let pidfile = settings.pidfile.map(PidFile.init)
        writePid(pidfile, log)
        let environment = ChildEnvironment(
            daemon: surroundings.environment,
            socket: settings.socket,
            daemonUser: settings.user.flatMap { loaded.accounts[$0] }
        )
        let daemon: Daemon
        do throws(SystemError) {
            daemon = try Daemon(
                DaemonParts(
                    loaded: loaded,
                    reader: ConfigurationReader(file: file, overrides: overrides),
                    outlets: Outlets(
                        logs: logs,
                        directory: Self.fifoDirectory(settings),
                        activityPath: settings.logfile
                    ),
                    log: log,
                    environment: environment,
                    core: core,
                    openFiles: openFiles,
                    signals: signals
                )
            )
        } catch {
            throw StartupFailure(text: "event loop: \(error)")
        }
        daemon.server = try startServer(settings, core)
        log.info("swisord \(ReleaseVersion.text) started with pid \(ThisProcess.pid)")
        daemon.begin()
        let end = Result { () throws(SystemError) in try daemon.run(ready: ready) }
        pidfile?.remove()
        _ = consume lock
        if case .failure(let error) = end {
            throw StartupFailure(text: "the event loop failed: \(error)")
        }
    }

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

extension Startup {
    static func fifoDirectory(_ settings: DaemonSettings) -> String {
        settings.runtimeDirectory + "/fifo"
    }

    /// Makes the directories, and becomes the user that the daemon is to run as.
    private func prepareDirectories(_ loaded: LoadedConfiguration) throws(StartupFailure) {
        let settings = loaded.configuration.daemon
        let user = settings.user.flatMap { loaded.accounts[$0] }
        if let user { try checkRight(toBecome: user) }
        do throws(DirectoryError) {
            if let user {
                let paths = [
                    settings.runtimeDirectory, settings.stateDirectory, settings.childlogdir,
                ]
                for path in paths { try RuntimeDirectory.make(path, for: user) }
                do throws(SystemError) {
                    try Privileges.become(user)
                } catch {
                    throw .system(error)
                }
            }
            try RuntimeDirectory.prepare(settings.runtimeDirectory)
            try RuntimeDirectory.ensureDirectory(settings.stateDirectory, mode: 0o700)
            try RuntimeDirectory.ensureDirectory(settings.childlogdir, mode: 0o750)
            if let slash = settings.logfile.lastIndex(of: "/"), slash > settings.logfile.startIndex
            {
                try RuntimeDirectory.ensureDirectory(String(settings.logfile[..<slash]))
            }
        } catch {
            throw StartupFailure(
                text: "\(error)\nset runtime_dir, state_dir, childlogdir and logfile under "
                    + "'swisord:' to places of this user"
            )
        }
    }

    /// Before any directory is made: only root and the user himself can go on as `user`.
    private func checkRight(toBecome user: Credentials) throws(StartupFailure) {
        guard !surroundings.isRoot, user.uid != surroundings.userID else { return }
        throw StartupFailure(
            text: "user: \(user.name): only root can become another user\n"
                + "start swisord as that user, or leave out -u and the key 'user'"
        )
    }

    private func takeLock(_ settings: DaemonSettings) throws(StartupFailure) -> InstanceLock {
        let lock = try lock(settings)
        // The lock of one that runs may have been swept away, as files under /tmp are.
        guard !ControlServer.isServed(settings.socket) else {
            throw StartupFailure(
                text: "another swisord is running here (\(settings.socket) answers); nothing was "
                    + "changed\nfor a second one give it a runtime_dir of its own"
            )
        }
        return lock
    }

    private func lock(_ settings: DaemonSettings) throws(StartupFailure) -> InstanceLock {
        let path = settings.runtimeDirectory + "/swisord.lock"
        do throws(InstanceLock.Failure) {
            return try InstanceLock(path: path)
        } catch {
            if case .held(_, let pid) = error {
                let holder = pid.map { "with pid \($0) " } ?? ""
                throw StartupFailure(
                    text: "another swisord \(holder)is running here (\(path)); nothing was "
                        + "changed\nfor a second one give it a runtime_dir of its own"
                )
            }
            throw StartupFailure(text: "\(error)")
        }
    }

    /// Takes up umask and directory, in the foreground as well.
    private func enterSurroundings(_ settings: DaemonSettings) throws(StartupFailure) {
        ThisProcess.umask(settings.umask)
        guard let directory = settings.directory else { return }
        try attempt("directory") { () throws(SystemError) in
            try ThisProcess.changeDirectory(directory)
        }
    }

    private func writePid(_ pidfile: PidFile?, _ log: Logger) {
        do throws(SystemError) {
            try pidfile?.write()
        } catch {
            // As supervisord: a missing pid file is told, and keeps nobody from running.
            log.critical("cannot write the pid file: \(error)")
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

    private func startServer(
        _ settings: DaemonSettings,
        _ core: Mailbox<CoreMessage>
    ) throws(StartupFailure) -> ControlServer {
        do {
            return try ControlServer.start(
                path: settings.socket,
                backend: ControlBridge(core: core)
            ) { text in
                core.post(.note(level: .warn, text: text))
            }
        } catch {
            throw StartupFailure(text: "socket \(settings.socket): \(error)")
        }
    }
}
