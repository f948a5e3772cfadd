// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import Logging
import Logs
import Platform
import Supervision
import SystemPackage

/// What clients and the other threads ask of the core.
extension Daemon {
    func handle(_ message: CoreMessage) {
        switch message {
        case .request(let request, let key, let peer, let reply):
            take(request, key, from: peer, reply)
        case .settled(let key, let response): ledger.settle(key, response)
        case .stream(let request, _, let credit, let receive): open(request, credit, receive)
        case .log(let notice): handle(notice)
        case .said(let stream, let speech, let credit):
            said(stream, speech)
            credit?.giveBack(speech.count)
        case .trees(let news): handle(news)
        case .marks(let marks): takeUp(marks)
        case .configurationRead(let reading): arrived(reading)
        case .note(let level, let text): log.log(level: level.activityLevel.loggerLevel, "\(text)")
        case .executable(let file, let reply): goOver(to: file, reply)
        case .listening(let number, let kind): store.keep(OwnedDescriptor(owning: number), as: kind)
        case .serverStopped: isServerStopped = true
        }
    }

    func handle(
        _ request: Request,
        _ key: RequestKey?,
        from peer: Peer,
        _ reply: @escaping PendingReplies.Reply
    ) {
        switch request {
        case .programs(let selection): reply(.programs(list(selection)))
        case .trees(let selection): listTrees(selection, list(selection), reply)
        case .start(let selection, let wait): command(.start, selection, wait, key, reply)
        case .stop(let selection, let wait): command(.stop, selection, wait, key, reply)
        case .restart(let selection, let wait): command(.restart, selection, wait, key, reply)
        case .signal(let selection, let name): reply(signal(selection, name))
        case .clear(let selection): clear(selection, reply)
        case .sendInput(let name, let bytes): reply(sendInput(bytes, to: name))
        case .readLog(let source, let offset, let length):
            readLog(source, offset: offset, length: length, reply)
        case .daemon: compareFiles(for: information(), reply)
        case .shutdown:
            guard !fleet.isShuttingDown else {
                reply(.failure(.shuttingDown))
                return
            }
            log.warning("shutdown asked for by \(peer)")
            beginShutdown()
            reply(.daemon(information()))
        case .reopenLogs:
            outlets.reopen { [self] in reply(.daemon(information())) }
        case .clearDaemonLog: clearActivity(reply)
        case .reload: read(for: .apply(groups: [], reply))
        case .restartAll: read(for: .restartAll(peer, reply))
        case .plan: read(for: .plan(reply))
        case .apply(let groups): read(for: .apply(groups: groups, reply))
        case .available: listAvailable(reply)
        case .add(let groups): add(groups, reply)
        case .remove(let groups): reply(remove(groups))
        case .upgrade(let path): upgrade(path, reply)
        case .emit(let type, let data): reply(emit(type, data))
        }
    }

    private func command(
        _ command: Fleet.Command,
        _ selection: Selection,
        _ wait: Bool,
        _ key: RequestKey?,
        _ reply: @escaping PendingReplies.Reply
    ) {
        let ticket = replies.park(reply)
        if let key { keyed[ticket] = KeyedRequest(key: key) }
        fleet.request(
            command,
            selection.selectors,
            wait: wait,
            ticket: ticket,
            at: now
        )
        runEffects()
    }

    // MARK: - Answers at once

    private func list(_ selection: Selection) -> ProgramList {
        let (members, missing) = fleet.resolve(selection.selectors)
        let wallNow = wallClock.seconds(at: now, clock: WallClock.now())
        let snapshot = ProcessSnapshot(text: StatusText(now: now, wallNow: wallNow))
        return ProgramList(
            programs: members.sorted { $0.name < $1.name }.map { member in
                let child = children[member.id]
                var info = snapshot.info(
                    member,
                    isAdopted: child?.isInherited == true && member.machine.liveRun != nil,
                    stdout: child.map { outlets.info($0.stdout, at: now) }
                        ?? ProcessInfo.Log(path: nil),
                    stderr: child.map { outlets.info($0.stderr, at: now) }
                        ?? ProcessInfo.Log(path: nil)
                )
                let leftovers = groups.leftoverCount(member.id)
                info.leftovers = leftovers > 0 ? leftovers : nil
                info.listener = pools[member.name.group].flatMap {
                    ProcessInfo.Listener(member.id, in: $0)
                }
                return info
            },
            missing: missing.map { CommandResult(missing: $0, .listed) },
            alarms: alarms,
            at: snapshot.text.wall(now)
        )
    }

    func information() -> DaemonInfo {
        DaemonInfo(
            version: ReleaseVersion.text,
            pid: Int(guardian.mainPID),
            managerPid: Int(ThisProcess.pid),
            guardian: guardian.info,
            starts: guardian.starts,
            lastCrash: guardian.lastCrash,
            crashes: recentCrashes,
            lastUpgrade: ledger.lastUpgrade,
            alarms: alarms,
            state: fleet.isShuttingDown ? .shutdown : .running,
            identifier: loaded.configuration.daemon.identifier,
            configurationFile: loaded.configuration.file,
            reloadError: reloadError,
            startedAt: startedAt,
            socket: loaded.configuration.daemon.socket,
            logfile: outlets.activityInfo,
            programs: fleet.count
        )
    }

    private func signal(_ selection: Selection, _ name: String) -> Response {
        guard let signal = Signal(name) else {
            return .failure(
                APIError(
                    .badSignal,
                    "'\(name)' is no signal",
                    hint: "use a name such as TERM or SIGHUP, or a number from 1 to 64"
                )
            )
        }
        let (members, missing) = fleet.resolve(selection.selectors)
        let results = members.map { member in
            CommandResult(
                name: member.name.process,
                group: member.name.group,
                action: .signalled,
                error: send(signal, to: member)
            )
        }
        return .command(
            CommandReport(results: missing.map { CommandResult(missing: $0, .signalled) } + results)
        )
    }

    private func send(_ signal: Signal, to member: FleetMember) -> APIError? {
        guard let run = member.machine.liveRun else {
            return APIError(.notRunning, of: member.name)
        }
        do throws(SystemError) {
            let isSent = try ProcessSignals.send(signal, to: run.pid)
            return isSent ? nil : APIError(.notRunning, of: member.name)
        } catch {
            return APIError(.failed, "cannot send \(signal) to \(member.name): \(error.errno)")
        }
    }

    // MARK: - Logs

    private func clear(_ selection: Selection, _ reply: @escaping PendingReplies.Reply) {
        let (members, missing) = fleet.resolve(selection.selectors)
        let absent = missing.map { CommandResult(missing: $0, .cleared) }
        outlets.clear(members.compactMap { children[$0.id] }) { results in
            reply(.command(CommandReport(results: absent + results)))
        }
    }

    private func clearActivity(_ reply: @escaping PendingReplies.Reply) {
        guard outlets.activityInfo.path != nil else {
            reply(.failure(APIError(.noLogFile, "swisord keeps no log in a file")))
            return
        }
        outlets.clearActivity { [self] error in
            reply(error.map(Response.failure) ?? .daemon(information()))
        }
    }

    private func open(
        _ request: StreamRequest,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        switch request {
        case .events(let selection):
            events.add(selection, credit, receive)
            scheduleTicks()
        case .log(.daemon, let bytes, let follow):
            outlets.streamActivity(bytes: bytes, follow: follow, credit, receive)
        case .log(.program(let name, let channel), let bytes, let follow):
            open(name, credit, receive) { outlets, child in
                outlets.stream(child, channel, bytes: bytes, follow: follow, credit, receive)
            }
        case .logFrom(.daemon, let place): outlets.resumeActivity(place, credit, receive)
        case .logFrom(.program(let name, let channel), let place):
            open(name, credit, receive) { outlets, child in
                outlets.resume(child, channel, place, credit, receive)
            }
        }
    }

    /// Has the outputs of a program stream one of its logs, or says that there is no such program.
    private func open(
        _ name: String,
        _ credit: StreamCredit,
        _ receive: @escaping @Sendable (StreamEvent) -> Void,
        _ stream: (inout Outlets, Child) -> Void
    ) {
        let selector = ProcessSelector(name)
        guard selector.isPlain, let id = fleet.identifier(of: selector.name),
            let child = children[id]
        else {
            receive(.failed(APIError(.noSuchProcess, of: selector.name)))
            receive(.ended)
            return
        }
        stream(&outlets, child)
    }

    private func handle(_ notice: LogNotice) {
        if notice == .ended { haveLogsEnded = true }
        if case .drained(let token) = notice {
            hasRead(token)
            hasTaken(token)
            outlets.hasReopened(token)?()
            if let losses = outlets.hasRead(token) { tell(losses) }
        }
        if let line = outlets.take(notice, children) {
            log.log(level: line.level, "\(line.text)")
        }
        for clearing in outlets.takeCleared() { clearing.completion(clearing.results) }
    }
}

extension Selection {
    var selectors: [ProcessSelector] { patterns.map(ProcessSelector.init) }
}

extension CommandResult {
    /// The result for a pattern that names nothing.
    init(missing selector: ProcessSelector, _ action: Action) {
        self.init(
            name: selector.name.process,
            group: selector.name.group,
            action: action,
            error: APIError(selector.failureWhenEmpty, of: selector.name)
        )
    }
}
