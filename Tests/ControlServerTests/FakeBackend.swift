// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Synchronization

/// A daemon that keeps what it is asked, and answers when the test says so.
final class FakeBackend: ControlBackend {
    typealias Reply = @Sendable (Response) -> Void
    typealias Receive = @Sendable (StreamEvent) -> Void

    struct Opened: Sendable {
        let request: StreamRequest
        let credit: StreamCredit
        let receive: Receive
    }

    private struct State {
        var requests: [Request] = []
        var keys: [RequestKey?] = []
        var peers: [Peer] = []
        var pending: [Reply] = []
        var streams: [Opened] = []
        var holds = false
        var spared: Request?
    }

    private let state = Mutex(State())
    private let answer: @Sendable (Request) -> Response

    init(answer: @escaping @Sendable (Request) -> Response = FakeBackend.usual) {
        self.answer = answer
    }

    var requests: [Request] { state.withLock { $0.requests } }
    var keys: [RequestKey?] { state.withLock { $0.keys } }
    var peers: [Peer] { state.withLock { $0.peers } }
    var streams: [Opened] { state.withLock { $0.streams } }

    /// From now on answers wait for `release`.
    func hold(sparing spared: Request? = nil) {
        state.withLock { ($0.holds, $0.spared) = (true, spared) }
    }

    var pendingCount: Int { state.withLock { $0.pending.count } }

    /// Sends every answer that waits.
    func release(_ response: Response) {
        let pending = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        for reply in pending { reply(response) }
    }

    func submit(
        _ request: Request,
        key: RequestKey?,
        from peer: Peer,
        reply: @escaping @Sendable (Response) -> Void
    ) {
        let isHeld = state.withLock { state in
            state.requests.append(request)
            state.keys.append(key)
            state.peers.append(peer)
            guard state.holds, request != state.spared else { return false }
            state.pending.append(reply)
            return true
        }
        if !isHeld { reply(answer(request)) }
    }

    func open(
        _ request: StreamRequest,
        from peer: Peer,
        credit: StreamCredit,
        receive: @escaping @Sendable (StreamEvent) -> Void
    ) {
        state.withLock {
            $0.streams.append(Opened(request: request, credit: credit, receive: receive))
        }
    }

    static let usual: @Sendable (Request) -> Response = { request in
        switch request {
        case .programs(let selection):
            return .programs(
                ProgramList(programs: selection.patterns.map { Samples.program(named: $0) })
            )
        case .daemon: return .daemon(Samples.daemon)
        case .plan, .apply, .reload: return .plan(ReloadPlan(added: ["web"]))
        default:
            let result = CommandResult(name: "web", group: "web", action: .started)
            return .command(CommandReport(results: [result]))
        }
    }
}

enum Samples {
    static func program(named name: String) -> ProcessInfo {
        ProcessInfo(
            name: name,
            group: name,
            state: "RUNNING",
            stateCode: 20,
            pid: 42,
            description: "pid 42, uptime 0:00:07"
        )
    }

    static let daemon = DaemonInfo(
        version: "0.1.0",
        pid: 1,
        state: .running,
        identifier: "swisord",
        configurationFile: "/etc/swisord.yaml",
        startedAt: 1,
        socket: "/run/s.sock",
        logfile: ProcessInfo.Log(path: nil),
        programs: 3
    )
}
