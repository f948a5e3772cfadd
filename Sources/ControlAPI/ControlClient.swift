// SPDX-License-Identifier: Apache-2.0

/// Asks the daemon over its socket and waits for what it answers.
///
/// It connects at the first request and keeps the connection for the next one. A daemon that dies
/// while it is asked is started again and asked again: what changes something carries a key, by
/// which the daemon knows that it was asked before. Not to be shared between threads.
package final class ControlClient {
    /// The most bytes of one answer that is not a stream.
    private static let answerLimit = 256 * 1024 * 1024

    private let address: ClientAddress
    private let patience: Duration
    private var connection: ClientConnection?

    /// Makes a client; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - socketPath: Where the daemon's socket is.
    ///   - patience: How long a daemon that went away is waited for.
    package convenience init(socketPath: String, patience: Duration = .zero) {
        self.init(.path(socketPath), patience: patience)
    }

    /// The same for any address.
    package init(_ address: ClientAddress, patience: Duration = .zero) {
        self.address = address
        self.patience = patience
    }

    /// Sends a request and waits for the answer.
    ///
    /// Without `timeout` it waits for as long as it takes: a start may take minutes. What the
    /// daemon refuses is an answer, `Response.failure`, and not thrown.
    package func send(
        _ request: Request,
        timeout: Duration? = nil
    ) throws(ControlClientError) -> Response {
        let http: HTTPCall
        do {
            http = try Routes.http(for: .request(request))
        } catch {
            return .failure(error)
        }
        return try decode(try answer(to: http, timeout: timeout))
    }

    /// Sends a request as HTTP and waits for the answer as HTTP, for callers that pass it on.
    package func answer(
        to http: HTTPCall,
        timeout: Duration? = nil
    ) throws(ControlClientError) -> HTTPAnswer {
        let deadline = timeout.map { ContinuousClock.now.advanced(by: $0) }
        if connection?.isUsable == false { connection = nil }
        let isReused = connection != nil
        let isQuestion = http.method == Route.Method.get.rawValue
        let key = isQuestion ? nil : RequestKey.random()
        do {
            return try exchange(http, key, until: deadline)
        } catch {
            guard error == .connectionLost || error == .timedOut && timeout == nil else {
                throw error
            }
            if patience > .zero { return try ask(again: http, key, until: deadline) }
            // The daemon may have closed the idle connection just now; only what changes nothing
            // may be asked twice.
            guard isReused, isQuestion else { throw error }
            return try exchange(http, nil, until: deadline)
        }
    }

    /// Asks until somebody answers or patience is at its end; with the key it is done once.
    private func ask(
        again http: HTTPCall,
        _ key: RequestKey?,
        until deadline: ContinuousClock.Instant?
    ) throws(ControlClientError) -> HTTPAnswer {
        var retry = Retry(within: patience)
        while true {
            do {
                return try exchange(http, key, until: deadline)
            } catch {
                if let deadline, deadline <= .now { throw .timedOut }
                try retry.pause(after: error)
            }
        }
    }

    /// Opens a stream and hands over what comes, until it ends or `onEvent` answers false.
    ///
    /// A refusal is handed over as `failed`. Each stream has a connection of its own. One that
    /// follows goes on when the daemon dies and is started again, with a `resumed`.
    package func stream(
        _ request: StreamRequest,
        onEvent: (StreamEvent) -> Bool
    ) throws(ControlClientError) {
        var request = request
        var hasBegun = false
        var retry: Retry?
        var position: LogPosition?
        var isWhole = false
        while true {
            do throws(ControlClientError) {
                return try follow(request) { event in
                    retry = nil
                    switch event {
                    case .position(let start, let continues):
                        position = LogPosition(start: start)
                        isWhole = continues
                        return true
                    case .opened where hasBegun:
                        // Where the last one broke off, nothing has happened.
                        return isWhole || onEvent(.resumed)
                    case .opened:
                        hasBegun = true
                    case .bytes(let bytes): position?.advance(by: bytes.count)
                    case .lost, .resumed, .failed, .ended: break
                    }
                    return onEvent(event)
                }
            } catch {
                guard hasBegun, patience > .zero,
                    let next = request.afterInterruption(position?.text)
                else { throw error }
                request = next
                isWhole = false
                var again = retry ?? Retry(within: patience)
                try again.pause(after: error)
                retry = again
            }
        }
    }

    private func follow(
        _ request: StreamRequest,
        onEvent: (StreamEvent) -> Bool
    ) throws(ControlClientError) {
        let http: HTTPCall
        do {
            http = try Routes.http(for: .stream(request))
        } catch {
            _ = onEvent(.failed(error))
            return
        }
        let connection = try ClientConnection(to: address)
        try connection.send(http)
        var answer = HTTPAnswer(status: 0, body: [])
        while true {
            for part in try connection.next() {
                switch part {
                case .head(let status, _, let position):
                    answer.status = status
                    if status == 200, let position, !onEvent(position) { return }
                    if status == 200, !onEvent(.opened) { return }
                case .body(let bytes):
                    guard answer.status == 200 else {
                        answer.body += bytes
                        continue
                    }
                    if !onEvent(.bytes(bytes)) { return }
                case .end:
                    _ = onEvent(answer.status == 200 ? .ended : .failed(try refusal(answer)))
                    return
                }
            }
        }
    }

    private func exchange(
        _ http: HTTPCall,
        _ key: RequestKey?,
        until deadline: ContinuousClock.Instant?
    ) throws(ControlClientError) -> HTTPAnswer {
        let connection =
            if let connection { connection } else { try ClientConnection(to: address) }
        self.connection = nil
        try connection.send(http, key: key)
        var answer = HTTPAnswer(status: 0, body: [])
        var mayKeep = false
        while true {
            for part in try parts(from: connection, until: deadline) {
                switch part {
                case .head(let status, let keepsAlive, _):
                    answer.status = status
                    mayKeep = keepsAlive
                case .body(let bytes):
                    answer.body += bytes
                    guard answer.body.count <= Self.answerLimit else {
                        throw .protocolError("it has more than \(Self.answerLimit) bytes")
                    }
                case .end:
                    if mayKeep { self.connection = connection }
                    return answer
                }
            }
        }
    }

    /// Waits for parts of the answer for as long as the daemon lives.
    ///
    /// Whoever keeps the socket lets clients connect while no daemon runs. So one that is silent is
    /// asked something that is answered at once, by another connection.
    private func parts(
        from connection: ClientConnection,
        until deadline: ContinuousClock.Instant?
    ) throws(ControlClientError) -> [ClientConnection.Part] {
        while true {
            let look = ContinuousClock.now.advanced(by: patience / 6)
            guard patience > .zero, deadline.map({ $0 > look }) ?? true else {
                return try connection.next(until: deadline)
            }
            do {
                return try connection.next(until: look)
            } catch {
                guard error == .timedOut else { throw error }
            }
            guard isAlive(until: look.advanced(by: patience / 6 * 5)) else {
                throw .unanswered(patience)
            }
        }
    }

    private func isAlive(until deadline: ContinuousClock.Instant) -> Bool {
        guard let http = try? Routes.http(for: .request(.daemon)) else { return false }
        var retry = Retry(until: deadline)
        while true {
            do throws(ControlClientError) {
                let connection = try ClientConnection(to: address)
                try connection.send(http)
                _ = try connection.next(until: deadline)
                return true
            } catch {
                guard (try? retry.pause(after: error)) != nil else { return false }
            }
        }
    }

    private func decode(_ answer: HTTPAnswer) throws(ControlClientError) -> Response {
        do {
            return try answer.response()
        } catch {
            throw .protocolError("HTTP \(answer.status), \(error.message)")
        }
    }

    private func refusal(_ answer: HTTPAnswer) throws(ControlClientError) -> APIError {
        guard case .failure(let error) = try decode(answer) else {
            throw .protocolError("HTTP \(answer.status) without an error")
        }
        return error
    }
}
