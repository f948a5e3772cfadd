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
    private var activity = ProcessInfo.Log(path: nil)
    private var clearings: [LogToken: (clearing: Clearing, index: Int)] = [:]
    private var nextToken: UInt64 = 0
    private var nextFollower: UInt64 = 0
    private let budget = DescriptorBudget()

    /// A `clear` that some logs have yet to carry out.
    private final class Clearing {
        var open = 0
        var results: [CommandResult] = []
        let completion: ([CommandResult]) -> Void

        init(completion: @escaping ([CommandResult]) -> Void) {
            self.completion = completion
        }
    }

    init(logs: LogThreads, store: StateStore, directory: String, activityPath: String?) {
        self.logs = logs
        self.store = store
        self.directory = directory
        activity.path = activityPath
    }

    // MARK: - Coming, changing, going

    /// Makes the earthly side of a process, and its pipes.
    func open(
        _ id: MemberID,
        _ process: ProcessConfiguration,
        _ credentials: Credentials?
    ) -> Child {
        let child = child(id, process, credentials)
        // A log of an earlier life can be read before the first start. What fails here is tried
        // again, and told, when the process is started.
        try? attach(&child.stdout, for: child)
        try? attach(&child.stderr, for: child)
        return child
    }

    /// Makes the earthly side of a process that an earlier manager started, with the readers of
    /// its pipes; where there is none a new pipe serves the next start.
    func resume(
        _ id: MemberID,
        _ process: ProcessConfiguration,
        _ credentials: Credentials?,
        stdout: consuming OwnedDescriptor?,
        stderr: consuming OwnedDescriptor?
    ) -> Child {
        let child = child(id, process, credentials)
        if let stdout { reattach(&child.stdout, stdout) }
        if let stderr { reattach(&child.stderr, stderr) }
        try? attach(&child.stdout, for: child)
        try? attach(&child.stderr, for: child)
        return child
    }

    private func reattach(_ outlet: inout Outlet, _ reader: consuming OwnedDescriptor) {
        if let channel = Outlet.Channel(of: reader, fifo: outlet.fifo) {
            outlet.channel = channel
            // Whatever still writes to it must not block because its log is not wanted any more.
            let target: LogTarget =
                if case .captured(let target) = outlet.kind { target } else { .discard }
            // It had its share when it was made; what is over now is missed by whoever comes next.
            try? budget.take()
            store.keep(reader, of: outlet.id)
            logs.post(.attach(outlet.id, reader: reader.release(), target))
        }
    }

    private func child(
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
                kind: stdout
            ),
            stderr: Outlet(
                id: StreamID(id, isError: true),
                fifo: base + ".err",
                kind: stderr
            )
        )
    }

    private func kinds(
        _ process: ProcessConfiguration,
        _ credentials: Credentials?
    ) -> (stdout: Outlet.Kind, stderr: Outlet.Kind) {
        let stdout = Outlet.Kind(
            process.stdout,
            of: process.name,
            descriptor: 1,
            credentials: credentials
        )
        let stderr: Outlet.Kind =
            switch process.stderr {
            case .redirected: .joined
            case .log(let settings):
                Outlet.Kind(settings, of: process.name, descriptor: 2, credentials: credentials)
            }
        return (stdout, stderr)
    }

    /// Sends the output of a process where its present settings want it.
    func retarget(_ child: Child) {
        let (stdout, stderr) = kinds(child.configuration, child.credentials)
        child.stdout = turned(child.stdout, to: stdout)
        child.stderr = turned(child.stderr, to: stderr)
    }

    private func turned(_ outlet: Outlet, to kind: Outlet.Kind) -> Outlet {
        guard outlet.kind != kind else { return outlet }
        var outlet = outlet
        if outlet.channel != nil {
            // Whatever still writes to the pipe must not block because nobody reads any more.
            let target: LogTarget =
                if case .captured(let target) = kind { target } else { .discard }
            logs.post(.retarget(outlet.id, target))
        }
        outlet.kind = kind
        return outlet
    }

    /// Writes what is left in the pipes of a process that is gone, and lets go of them.
    func close(_ child: Child) {
        release(&child.stdout)
        release(&child.stderr)
    }

    func release(_ outlet: inout Outlet) {
        guard let channel = outlet.channel else { return }
        logs.post(.detach(outlet.id))
        budget.giveBack()
        store.drop(outlet.id)
        outlet.channel = nil
        if case .fifo(let path) = channel { ThisProcess.unlink(path) }
    }

    // MARK: - Starting

    /// Spawns a program onto its outputs; one that cannot be opened is made again.
    func spawn(
        _ program: PreparedProgram,
        for child: Child,
        with spawner: borrowing Spawner,
        _ options: Spawner.Options
    ) throws(SpawnFailure) -> SpawnedChild {
        leaveHungPipes(of: child)
        try attach(&child.stdout, for: child)
        try attach(&child.stderr, for: child)
        do throws(SpawnFailure) {
            return try spawner.spawn(
                program,
                output: child.stdout.output,
                error: child.stderr.output,
                options: options
            )
        } catch {
            guard error.step == .output else { throw error }
            release(&child.stdout)
            release(&child.stderr)
            try attach(&child.stdout, for: child)
            try attach(&child.stderr, for: child)
            return try spawner.spawn(
                program,
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
            logs.post(.attach(outlet.id, reader: reader.release(), target))
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
            outlet.channel = .pipe(try OutputPipe(readBy: reader))
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
        outlet.channel = .fifo(outlet.fifo)
        return reader
    }
}

// MARK: - Reading and clearing

extension Outlets {
    /// Streams a log: its last bytes, and with `follow` all that comes.
    mutating func stream(
        _ child: Child,
        _ channel: LogSource.Channel,
        bytes: Int,
        follow: Bool,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        let outlet = channel == .stdout ? child.stdout : child.stderr
        guard case .captured = outlet.kind, outlet.path != nil || follow else {
            receive(.failed(APIError(.noLogFile, "\(child.name) has no \(channel.rawValue) log")))
            receive(.ended)
            return
        }
        stream(outlet.id, bytes: bytes, follow: follow, credit, receive)
    }

    mutating func streamActivity(
        bytes: Int,
        follow: Bool,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        stream(.activity, bytes: bytes, follow: follow, credit, receive)
    }

    private mutating func stream(
        _ id: StreamID,
        bytes: Int,
        follow: Bool,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        guard follow else {
            logs.post(
                .readTail(id, bytes: bytes) { result in
                    switch result {
                    case .success(let tail):
                        receive(.opened)
                        if !tail.isEmpty { receive(.bytes(tail)) }
                    case .failure(let error): receive(.failed(APIError(error)))
                    }
                    receive(.ended)
                }
            )
            return
        }
        nextFollower += 1
        let follower = FollowerID(rawValue: nextFollower)
        let logs = logs
        receive(.opened)
        logs.post(
            .follow(follower, id, lastBytes: bytes) { update in
                switch update {
                case .bytes(let bytes):
                    let room = credit.take(bytes.count)
                    if room > 0 {
                        receive(.bytes(room == bytes.count ? bytes : Array(bytes[..<room])))
                    }
                    if room < bytes.count { receive(.lost(bytes.count - room)) }
                case .ended: receive(.ended)
                }
            }
        )
        credit.whenCancelled { logs.post(.unfollow(follower)) }
    }

    /// Empties the logs of processes; `completion` is called when all are empty or have failed.
    mutating func clear(_ children: [Child], completion: @escaping ([CommandResult]) -> Void) {
        let clearing = Clearing(completion: completion)
        for child in children {
            let outlets = [child.stdout, child.stderr].filter {
                $0.path != nil && $0.channel != nil
            }
            clearing.results.append(
                CommandResult(name: child.name.process, group: child.name.group, action: .cleared)
            )
            for outlet in outlets {
                nextToken += 1
                let token = LogToken(rawValue: nextToken)
                clearing.open += 1
                clearings[token] = (clearing, clearing.results.count - 1)
                logs.post(.clear(outlet.id, token))
            }
        }
        if clearing.open == 0 { completion(clearing.results) }
    }

    /// Takes up what a log thread tells, and answers what is to be said of it.
    mutating func take(_ notice: LogNotice, _ children: [MemberID: Child]) -> Narrator.Line? {
        switch notice {
        case .trouble(.activity, let lostBytes, let text):
            defer { (activity.lostBytes, activity.trouble) = (lostBytes, text) }
            return LogTrouble(
                log: "the activity log",
                before: activity.trouble,
                now: text,
                lostBytes: lostBytes
            ).line
        case .trouble(let stream, let lostBytes, let text):
            guard let child = children[stream.member] else { return nil }
            return child.noteTrouble(text, lostBytes: lostBytes, of: stream)
        case .cleared(let token, let error):
            guard let (clearing, index) = clearings.removeValue(forKey: token) else { return nil }
            if let error { clearing.results[index].error = APIError(.failed, error) }
            clearing.open -= 1
            if clearing.open == 0 { clearing.completion(clearing.results) }
        case .drained, .ended: break
        }
        return nil
    }

    func reopen() {
        logs.post(.reopen)
    }

    var activityInfo: ProcessInfo.Log { activity }
}

extension APIError {
    init(_ error: LogReadError) {
        switch error {
        case .unknownStream, .noLogFile: self.init(.noLogFile, "there is no log file")
        case .failed(let text): self.init(.failed, "cannot read the log: \(text)")
        }
    }
}
