// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI

/// Where the daemon's socket is, by `-s`, by `-c`, or by the file that swisord would read.
struct SocketSearch {
    let file: String?
    let url: String?
    /// Who asks, where the daemon is reached by TCP.
    var login: Login?

    /// Why the socket is not known.
    struct Problem: Error, Hashable {
        let text: String
        /// Where it would be if no file said otherwise; nil where that is of no help.
        var usualSocket: String?
    }

    func endpoint(_ surroundings: @autoclosure () -> Surroundings) -> Result<Endpoint, Problem> {
        if let url {
            guard ClientAddress(url: url) != nil else {
                let forms = "unix:///PATH or http://HOST:PORT"
                return .failure(
                    Problem(text: "'\(url)' is not a socket: it must look like \(forms)")
                )
            }
            return .success(Endpoint(url: url))
        }
        let surroundings = surroundings()
        let usual = ConfigurationLoader.usualSocket(surroundings)
        let path: String
        if let file {
            path = file
        } else {
            switch ConfigurationLoader.search(surroundings: surroundings) {
            case .success(let found): path = found
            case .failure(let error):
                let places = error.places.joined(separator: ", ")
                return .failure(
                    Problem(
                        text: "no configuration file found (looked for \(places))",
                        usualSocket: usual
                    )
                )
            }
        }
        switch ConfigurationLoader.socketPath(file: path, surroundings: surroundings) {
        case .success(let socket):
            return .success(Endpoint(url: "unix://" + socket, configuration: path))
        case .failure(let error):
            let text = error.diagnostics.map { "\($0)" }.joined(separator: "\n")
            return .failure(Problem(text: text, usualSocket: usual))
        }
    }

    /// The daemon, or what says at the first question why nobody knows where it is.
    ///
    /// So `help` and a mistyped verb need no configuration.
    func connection() -> any DaemonConnection {
        switch endpoint(.ofThisProcess) {
        case .success(let endpoint):
            if let address = ClientAddress(url: endpoint.url, login: login) {
                ControlConnection(to: endpoint, address)
            } else {
                UnknownSocket(Problem(text: "'\(endpoint.url)' is not a socket"))
            }
        case .failure(let problem): UnknownSocket(problem)
        }
    }
}

/// Stands in for the daemon where its socket is not known.
private struct UnknownSocket: DaemonConnection {
    /// What somebody might ask instead.
    let endpoint: Endpoint
    private let problem: SocketSearch.Problem

    init(_ problem: SocketSearch.Problem) {
        self.problem = problem
        endpoint = Endpoint(url: "unix://\(problem.usualSocket ?? "/PATH")")
    }

    func send(_ request: Request) throws(ConnectionFailure) -> Response {
        throw .noSocketKnown(problem.text)
    }

    func stream(
        _ request: StreamRequest,
        receive: (StreamEvent) -> Bool
    ) throws(ConnectionFailure) {
        throw .noSocketKnown(problem.text)
    }

    func streamBeside(
        _ request: StreamRequest,
        receiver: @escaping @Sendable () -> (StreamEvent) -> Bool
    ) {}
}
