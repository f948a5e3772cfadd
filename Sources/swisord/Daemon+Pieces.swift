// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Logs
import Supervision

/// Pieces of logs, which the log threads read.
extension Daemon {
    func readLog(
        _ source: LogSource,
        offset: Int,
        length: Int?,
        _ reply: @escaping PendingReplies.Reply
    ) {
        do throws(APIError) {
            let stream = try stream(of: source)
            outlets.logs.post(
                .readSlice(stream, offset: offset, count: length) { result in
                    switch result {
                    case .success(let slice):
                        reply(
                            .logPiece(LogPiece(slice.bytes, start: slice.start, size: slice.size))
                        )
                    case .failure(let error): reply(.failure(APIError(error)))
                    }
                }
            )
        } catch {
            reply(.failure(error))
        }
    }

    private func stream(of source: LogSource) throws(APIError) -> StreamID {
        switch source {
        case .daemon: return .activity
        case .program(let name, let channel):
            let selector = ProcessSelector(name)
            guard selector.isPlain, let id = fleet.identifier(of: selector.name),
                let child = children[id]
            else { throw APIError(.noSuchProcess, of: selector.name) }
            let outlet = channel == .stdout ? child.stdout : child.stderr
            guard case .captured = outlet.kind, outlet.path != nil else {
                throw APIError(.noLogFile, "\(child.name) has no \(channel.rawValue) log file")
            }
            return outlet.id
        }
    }
}
