// SPDX-License-Identifier: Apache-2.0

import Configuration

/// Where the daemon's socket is, by `-s`, by `-c`, or by the file that swisord would read.
struct SocketSearch {
    let file: String?
    let url: String?

    /// Why the socket is not known.
    struct Problem: Error, Hashable {
        let text: String
        let status = ExitStatus.invalidArguments
    }

    func endpoint(_ surroundings: @autoclosure () -> Surroundings) -> Result<Endpoint, Problem> {
        if let url {
            guard url.hasPrefix("unix:///"), url.count > "unix:///".count else {
                return .failure(
                    Problem(text: "'\(url)' is not a socket: it must look like unix:///PATH")
                )
            }
            return .success(Endpoint(url: url))
        }
        let surroundings = surroundings()
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
                        text: """
                            no configuration file found (looked for \(places)); \
                            name one with -c FILE or a socket with -s unix:///PATH
                            """
                    )
                )
            }
        }
        switch ConfigurationLoader.socketPath(file: path, surroundings: surroundings) {
        case .success(let socket):
            return .success(Endpoint(url: "unix://" + socket, configuration: path))
        case .failure(let error):
            let text = error.diagnostics.map { "\($0)" }.joined(separator: "\n")
            return .failure(Problem(text: text))
        }
    }

    func connection() -> Result<any DaemonConnection, Problem> {
        endpoint(.ofThisProcess).map { ControlConnection(to: $0) }
    }
}
