// SPDX-License-Identifier: Apache-2.0

import Configuration
import Logs
import OrderedCollections
import Platform
import Supervision
import SystemPackage

/// The earthly side of one member of the fleet: what to execute, and where its output goes.
final class Child {
    let id: MemberID
    let name: ProcessName
    var configuration: ProcessConfiguration
    var credentials: Credentials?
    var stdout: Outlet
    var stderr: Outlet
    /// Whether descriptors have been set aside for the inputs of its runs.
    var hasInputShare = false
    /// What the live run reads from, where that is a pipe.
    var input: ProgramInput?
    /// A process of this child on its way to exec.
    ///
    /// What it is to become lives only until it has: a thousand programs that run need no memory
    /// for a start that is over.
    private struct Attempt: ~Copyable {
        let program: PreparedProgram
        let report: OwnedDescriptor
    }

    private var attempt: Attempt?
    /// Who the live run is, should this manager have to be told by its successor.
    var identity: ProcessIdentity?
    /// Who ran last, or does; nil when this manager has not made one.
    private(set) var latest: PID?
    /// The live run itself.
    ///
    /// The kernel tells through it how the run ended even if nobody else can: the guardian may be
    /// killed, and its orphan be reaped, before this manager hears of either.
    private var process: PidDescriptor?
    /// Of the configuration that was applied last: a live run goes by it, or is being replaced.
    var fingerprint: UInt64
    /// Whether the live run was made by an earlier manager, which alone could hear of its exec.
    var isInherited = false
    /// Whether the live run was killed, because an earlier manager had left it on its way to exec.
    var isCalledOff = false
    /// Whether the live run had ended when this manager came, and nobody had heard that it became
    /// its program.
    var endedUnproven = false
    /// Whether the live run is not collected by anybody we hear of.
    var isAbandoned = false
    /// Whether nothing is known of what the live run has made but by looking: it has outlived its
    /// guardian, or its leader was gone before this manager came.
    var hasOutlived = false
    /// Whether an earlier daemon began the stop that is under way, and it has not been told yet that
    /// it goes on.
    var isStopResumed = false
    /// When the leader of the live run, or of the last one, was made and when it was last seen, in
    /// ticks since boot; 0 where that is not known.
    var begunTicks: UInt64 = 0
    var seenTicks: UInt64 = 0
    /// Why the last spawn never became the program; waits for the exit that follows it.
    var failure: SpawnFailure?

    init(
        id: MemberID,
        configuration: ProcessConfiguration,
        credentials: Credentials?,
        stdout: Outlet,
        stderr: Outlet
    ) {
        self.id = id
        name = configuration.name
        self.configuration = configuration
        self.credentials = credentials
        fingerprint = configuration.fingerprint
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Whether its runs are given a socket.
    var hasSocket: Bool { configuration.socket != nil }

    /// A process has been made for this child, by this manager.
    func began(_ pid: PID) {
        latest = pid
        hold(PidDescriptor.of(pid))
        if identity?.pid != pid { identity = ProcessIdentity.of(pid) }
        begunTicks = identity?.startTicks ?? 0
        seenTicks = begunTicks
        fingerprint = configuration.fingerprint
        isInherited = false
        isCalledOff = false
        isAbandoned = false
        hasOutlived = false
        isStopResumed = false
    }

    /// Holds the live run, if an earlier manager has made it, as long as it is the one recorded.
    func hold() {
        if isInherited { hold(identity?.open()) }
    }

    /// The numbers from the reserve on are for what a start or a client needs.
    private func hold(_ found: consuming PidDescriptor?) {
        process = nil
        guard let found else { return }
        identity = found.identity
        let limit = (try? FileLimits.current())?.soft ?? .max
        guard UInt64(found.descriptor.rawValue) + DescriptorBudget.reserve < limit else { return }
        process = consume found
    }

    /// Gives away the live run, to be watched.
    func release() -> PidDescriptor? {
        process.take() ?? identity?.open()
    }

    /// The process of this child is no more.
    func ended() {
        process = nil
        identity = nil
        isInherited = false
        isCalledOff = false
        endedUnproven = false
    }

    /// Adds to a record what only this side knows of the run.
    func complete(_ record: inout MemberRecord) {
        record.outside.startTicks = begunTicks
        record.outside.seenTicks = seenTicks
        record.outside.pidInode = identity?.inode ?? 0
        record.outside.stdoutPipe = stdout.inode
        record.outside.stderrPipe = stderr.inode
        record.outside.fingerprint = fingerprint
    }

    /// Takes up new settings; the next start uses them, and the record says so from now on.
    func adopt(_ configuration: ProcessConfiguration, credentials: Credentials?) {
        self.configuration = configuration
        self.credentials = credentials
        fingerprint = configuration.fingerprint
    }

    /// Puts together what to execute now, `env_file`s read anew.
    ///
    /// - Parameters:
    ///   - environment: What all programs get.
    ///   - patience: How long an `env_file` is waited for.
    ///   - mark: The run, for `SWISORD_RUN`.
    /// - Returns: What the spawner takes.
    /// - Throws: `SpawnFailure` of the step `environment` when an `env_file` cannot be used.
    func program(
        _ environment: ChildEnvironment,
        _ patience: Patience,
        mark: String? = nil
    ) throws(SpawnFailure) -> PreparedProgram {
        var files: [OrderedDictionary<String, String>] = []
        for reference in configuration.environmentFiles {
            if let file = try read(reference, patience) { files.append(file) }
        }
        var variables = environment.variables(
            for: configuration,
            user: credentials,
            files: files
        )
        variables[RunMark.variable] = mark
        if hasSocket {
            variables["LISTEN_FDS"] = "1"
            variables["LISTEN_FDNAMES"] = configuration.program
            variables["LISTEN_PID"] = PreparedProgram.pidToCome
        }
        return try PreparedProgram(
            arguments: configuration.arguments,
            environment: variables.map { "\($0.key)=\($0.value)" },
            candidates: PreparedProgram.candidates(
                for: configuration.arguments[0],
                searchPath: variables["PATH"]
            ),
            directory: configuration.directory,
            credentials: credentials,
            umask: configuration.umask.map { UInt16(truncatingIfNeeded: $0) }
        )
    }

    // MARK: - On the way to exec

    /// Takes over the report of a spawn that has just been made, and has it watched.
    ///
    /// It is watched for hangup alone: it is complete when the child's end closes.
    func expect(
        _ report: consuming OwnedDescriptor,
        of program: PreparedProgram,
        in reactor: borrowing Reactor,
        token: UInt64
    ) throws(SystemError) {
        let watched = Result { () throws(SystemError) in
            try reactor.add(report, token: token, for: [])
        }
        attempt = Attempt(program: program, report: consume report)
        try watched.get()
    }

    /// How the way to exec of the last spawn ended; nil when that has been told already.
    func takeReport(from reactor: borrowing Reactor) -> SpawnReport? {
        let ended: SpawnReport? =
            switch attempt {
            case .some(let attempt): SpawnReport.read(attempt.report, of: attempt.program)
            case .none: nil
            }
        guard let ended, ended != .pending else { return ended }
        // Another child that has not executed yet may hold a copy: closing alone would leave it
        // in the reactor, telling of its hangup for as long.
        switch attempt {
        case .some(let attempt): try? reactor.remove(attempt.report)
        case .none: break
        }
        attempt = nil
        return ended
    }

    private func read(
        _ reference: EnvironmentFileReference,
        _ patience: Patience
    ) throws(SpawnFailure) -> OrderedDictionary<String, String>? {
        let text: String
        do throws(SystemError) {
            let path = reference.path
            let read = try patience.call("env-file") {
                Result { () throws(SystemError) in try SmallFile.read(path, limit: 1 << 20) }
            }
            guard let read else {
                // What a disk does not give at once is waited for as long as a start may wait.
                throw SystemError("read", path, errno: .timedOut)
            }
            text = try read.get()
        } catch {
            if reference.isOptional, error.errno == .noSuchFileOrDirectory { return nil }
            throw SpawnFailure(
                step: .environment,
                subject: reference.path,
                errorNumber: error.errno.rawValue,
                reason: error.errno == .timedOut ? "disk not answering" : error.errno.description,
                isPermanent: false
            )
        }
        do throws(EnvironmentFile.Malformed) {
            return try EnvironmentFile.parse(text)
        } catch {
            throw SpawnFailure(
                step: .environment,
                subject: reference.path,
                errorNumber: 0,
                reason: error.description,
                isPermanent: false
            )
        }
    }
}

extension Child {
    /// Whether an end, of which nothing else is known, is that of a start which never was.
    func wasAborted(by status: ExitStatus) -> Bool {
        guard isInherited else { return false }
        return isCalledOff && status.endsWhatWasCalledOff
            || endedUnproven && status.endsWhatWasUnproven
    }
}

extension ExitStatus {
    /// Whether a run that was called off has ended by that, or by itself because its maker had died.
    ///
    /// It may have executed between the last look and the kill: that is not held against the
    /// program. One that ended in its own way before the kill has run.
    var endsWhatWasCalledOff: Bool {
        switch self {
        case .signal(.kill, _): true
        case .code(let code): code == SpawnedChild.neverExecuted
        case .signal, .neverExecuted, .unknown: false
        }
    }

    /// Whether a run of which nobody had heard that it became its program, and which ended while
    /// there was nobody, is taken for a start that never was.
    ///
    /// It may have run. Nothing is held against it all the same: who had it wait for its turn has
    /// died, as a rule in the midst of that.
    var endsWhatWasUnproven: Bool {
        switch self {
        case .unknown: true
        case .code, .signal, .neverExecuted: endsWhatWasCalledOff
        }
    }
}
