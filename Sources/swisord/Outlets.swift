// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logs
import Platform
import Supervision
import SystemPackage

/// The outputs of all processes: their pipes, and the log threads.
struct Outlets {
    let logs: LogThreads
    let store: StateStore
    /// Where named FIFOs are made, should they be needed.
    let directory: String
    /// Whether an earlier manager may have made one; a thousand would be looked for in vain.
    let mayHaveFifos: Bool
    var activity = ProcessInfo.Log(path: nil)
    var clearings: [LogToken: (clearing: Clearing, index: Int)] = [:]
    /// How many threads have yet to open their logs anew, and what is done then.
    var reopenings: [LogToken: (open: Int, completion: () -> Void)] = [:]
    /// Of which all is done.
    var cleared: [Clearing] = []
    /// What has been left and is yet to be read.
    var left = LeftPipes()
    private var lastToken: UInt64 = 0
    var nextFollower: UInt64 = 0
    let budget = DescriptorBudget()

    /// A `clear` that some logs have yet to carry out.
    final class Clearing {
        var open = 0
        var results: [CommandResult] = []
        let completion: ([CommandResult]) -> Void

        init(completion: @escaping ([CommandResult]) -> Void) {
            self.completion = completion
        }
    }

    /// Where goes what programs write and the core is to know.
    let core: Mailbox<CoreMessage>

    init(
        logs: LogThreads,
        store: StateStore,
        core: Mailbox<CoreMessage>,
        directory: String,
        activityPath: String?
    ) {
        self.logs = logs
        self.core = core
        self.store = store
        self.directory = directory
        mayHaveFifos = Fifo.mayBe(in: directory)
        activity.path = activityPath
    }

    /// By what a log thread is to answer.
    mutating func makeToken() -> LogToken {
        lastToken += 1
        return LogToken(rawValue: lastToken)
    }

    // MARK: - Coming, changing, going

    /// Makes the earthly side of a process, and its pipes.
    func open(
        _ id: MemberID,
        _ process: ProcessConfiguration,
        _ credentials: Credentials?
    ) -> Child {
        let child = child(id, process, credentials)
        attach(child)
        return child
    }

    /// Makes the pipes that a process has not got.
    ///
    /// A log of an earlier life can be read before the first start. What fails here is tried again,
    /// and told, when the process is started.
    func attach(_ child: Child) {
        if child.configuration.stdin == .pipe { try? takeShare(for: child) }
        try? attach(&child.stdout, for: child)
        try? attach(&child.stderr, for: child)
    }

    /// As `open`, without pipes: those that an earlier manager has made are to be taken up.
    func child(
        _ id: MemberID,
        _ process: ProcessConfiguration,
        _ credentials: Credentials?
    ) -> Child {
        let base = "\(directory)/\(process.name.group):\(process.name.process)"
        let (stdout, stderr) = kinds(process, credentials)
        return Child(
            id: id,
            configuration: process,
            credentials: credentials,
            stdout: Outlet(
                id: StreamID(id, isError: false),
                fifo: base + ".out",
                kind: stdout,
                rules: OutputRules(of: process, isError: false)
            ),
            stderr: Outlet(
                id: StreamID(id, isError: true),
                fifo: base + ".err",
                kind: stderr,
                rules: OutputRules(of: process, isError: true)
            )
        )
    }

    private func kinds(
        _ process: ProcessConfiguration,
        _ credentials: Credentials?
    ) -> (stdout: Outlet.Kind, stderr: Outlet.Kind) {
        var stdout = Outlet.Kind(
            process.stdout,
            of: process.name,
            descriptor: 1,
            credentials: credentials
        )
        var stderr: Outlet.Kind =
            switch process.stderr {
            case .redirected: .joined
            case .log(let settings):
                Outlet.Kind(settings, of: process.name, descriptor: 2, credentials: credentials)
            }
        // What others want to know is read whether or not it is written down.
        if stdout == .dropped, OutputRules(of: process, isError: false).isRead {
            stdout = .captured(.discard)
        }
        if stderr == .dropped, OutputRules(of: process, isError: true).isRead {
            stderr = .captured(.discard)
        }
        return (stdout, stderr)
    }

    /// Sends the output of a process where its present settings want it.
    func retarget(_ child: Child) {
        let (stdout, stderr) = kinds(child.configuration, child.credentials)
        child.stdout = turned(child.stdout, to: stdout, of: child)
        child.stderr = turned(child.stderr, to: stderr, of: child)
    }

    private func turned(_ outlet: Outlet, to kind: Outlet.Kind, of child: Child) -> Outlet {
        let rules = OutputRules(of: child.configuration, isError: outlet.id.isError)
        // Where standard output goes may be another place than before.
        let isJoined = kind == .joined && outlet.channel != nil
        guard outlet.kind != kind || outlet.rules != rules || isJoined else { return outlet }
        var outlet = outlet
        outlet.rules = rules
        outlet.kind = kind
        if outlet.channel != nil {
            let treatment = treatment(of: outlet, of: child, child.identity?.pid)
            logs.post(.retarget(outlet.id, target(of: outlet, of: child), treatment))
        }
        return outlet
    }

    /// Where goes what is written to the pipe of an output.
    ///
    /// One that has been joined to standard output since is written to by whoever was started
    /// before. Whatever writes to a pipe must not block because its log is not wanted any more.
    func target(of outlet: Outlet, of child: Child) -> LogTarget {
        switch (outlet.kind, child.stdout.kind) {
        case (.captured(let target), _), (.joined, .captured(let target)): target
        case (.joined, _), (.dropped, _): .discard
        }
    }

    // MARK: - Starting

    /// Spawns a program onto its outputs; one that cannot be opened is made again.
    mutating func spawn(
        _ program: PreparedProgram,
        for child: Child,
        with spawner: borrowing Spawner,
        _ options: Spawner.Options
    ) throws(SpawnFailure) -> SpawnedChild {
        leaveHungPipes(of: child)
        try attach(&child.stdout, for: child)
        try attach(&child.stderr, for: child)
        let input = try openInput(of: child)
        return try spawn(program, reading: input, for: child, with: spawner, options)
    }

    private mutating func spawn(
        _ program: PreparedProgram,
        reading input: borrowing OwnedDescriptor?,
        for child: Child,
        with spawner: borrowing Spawner,
        _ options: Spawner.Options
    ) throws(SpawnFailure) -> SpawnedChild {
        let number: Int32? =
            switch input {
            case .some(let input): input.rawValue
            case .none: nil
            }
        do throws(SpawnFailure) {
            return try spawner.spawn(
                program,
                input: number,
                output: child.stdout.output,
                error: child.stderr.output,
                options: options
            )
        } catch {
            guard error.step == .output else { throw error }
            leave(&child.stdout)
            leave(&child.stderr)
            try attach(&child.stdout, for: child)
            try attach(&child.stderr, for: child)
            return try spawner.spawn(
                program,
                input: number,
                output: child.stdout.output,
                error: child.stderr.output,
                options: options
            )
        }
    }

    private func attach(_ outlet: inout Outlet, for child: Child) throws(SpawnFailure) {
        guard outlet.channel == nil, case .captured(let target) = outlet.kind else { return }
        do throws(SystemError) {
            let reader = try open(&outlet, for: child.credentials)
            store.keep(reader, of: outlet.id)
            let treatment = treatment(of: outlet, of: child, nil)
            let turn = outlet.channel?.turn
            logs.post(
                .attach(outlet.id, reader: reader.release(), turn: turn, target, treatment)
            )
        } catch {
            if error.errno == .notPermitted, let user = child.credentials,
                user.uid != ThisProcess.userID
            {
                throw SpawnFailure(
                    step: .user,
                    subject: user.name,
                    errorNumber: error.errno.rawValue,
                    reason: "only root can start a program as another user",
                    isPermanent: true
                )
            }
            throw SpawnFailure(
                step: .output,
                subject: error.subject,
                errorNumber: error.errno.rawValue,
                reason: error.errno.description,
                isPermanent: false
            )
        }
    }

    private func open(
        _ outlet: inout Outlet,
        for owner: Credentials?
    ) throws(SystemError) -> OwnedDescriptor {
        try budget.take()
        do throws(SystemError) {
            return try makeReader(&outlet, for: owner)
        } catch {
            budget.giveBack()
            throw error
        }
    }

    private func makeReader(
        _ outlet: inout Outlet,
        for owner: Credentials?
    ) throws(SystemError) -> OwnedDescriptor {
        do throws(SystemError) {
            let reader = try OutputPipe.makeReader(owner: owner)
            outlet.channel = .pipe(try OutputPipe(readBy: reader, logs.makeTurn()))
            return reader
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
        }
        do throws(DirectoryError) {
            try RuntimeDirectory.prepare(directory)
        } catch {
            throw SystemError("mkdir", error.description, errno: .noSuchFileOrDirectory)
        }
        let reader = try Fifo.make(outlet.fifo, owner: owner)
        outlet.channel = .fifo(outlet.fifo, reader: reader.rawValue, logs.makeTurn())
        return reader
    }
}
