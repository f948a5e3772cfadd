// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// The daemon behind its socket.
///
/// The client, with its thread, is made at the first question: `help` asks none.
final class ControlConnection: DaemonConnection {
    /// How long a daemon that is being started again is waited for.
    private static let patience = Duration.seconds(30)

    let endpoint: Endpoint
    private let address: ClientAddress
    private lazy var client = ControlClient(address, patience: Self.patience)

    init(to endpoint: Endpoint, _ address: ClientAddress) {
        self.endpoint = endpoint
        self.address = address
    }

    func send(_ request: Request) throws(ConnectionFailure) -> Response {
        do throws(ControlClientError) {
            return try client.send(request)
        } catch {
            throw ConnectionFailure(error)
        }
    }

    func stream(
        _ request: StreamRequest,
        receive: (StreamEvent) -> Bool
    ) throws(ConnectionFailure) {
        do throws(ControlClientError) {
            try client.stream(request, onEvent: receive)
        } catch {
            throw ConnectionFailure(error)
        }
    }

    func streamBeside(
        _ request: StreamRequest,
        receiver: @escaping @Sendable () -> (StreamEvent) -> Bool
    ) {
        let (endpoint, address) = (endpoint, address)
        BackgroundThread.run {
            try? ControlConnection(to: endpoint, address).stream(request, receive: receiver())
        }
    }
}

extension ConnectionFailure {
    init(_ error: ControlClientError) {
        self =
            switch error {
            case .noSuchFile: .noSuchFile
            case .refused: .refused
            case .permissionDenied: .permissionDenied
            case .connectionLost: .broken("the connection was lost before the answer came")
            case .timedOut: .broken("no answer in time")
            case .unanswered: .silent
            case .protocolError(let text): .other(text)
            }
    }
}
