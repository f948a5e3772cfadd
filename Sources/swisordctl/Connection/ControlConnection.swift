// SPDX-License-Identifier: Apache-2.0

import ControlAPI

struct ControlConnection: DaemonConnection {
    let endpoint: Endpoint

    init(to endpoint: Endpoint) {
        self.endpoint = endpoint
    }

    func send(_ request: Request) throws(ConnectionFailure) -> Response { throw .noSuchFile }

    func stream(
        _ request: StreamRequest,
        receive: (StreamEvent) -> Bool
    ) throws(ConnectionFailure) {
        throw .noSuchFile
    }
}
