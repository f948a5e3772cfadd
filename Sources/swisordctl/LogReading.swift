// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// How much of a log is wanted: `-N` bytes from its end, or `-f`, all that comes.
enum LogAmount: Hashable {
    case last(Int)
    case following

    static let usual = 1600
    /// What `-f` begins with.
    static let beforeFollowing = 1024

    init?(_ word: String) {
        guard word.hasPrefix("-") else { return nil }
        let what = word.dropFirst()
        if what == "f" {
            self = .following
        } else if what.allSatisfy(\.isASCII), let bytes = Int(what), bytes >= 0 {
            self = .last(bytes)
        } else {
            return nil
        }
    }
}

extension Session {
    mutating func tail(
        _ source: LogSource,
        _ amount: LogAmount,
        of name: String
    ) throws(Interruption) {
        guard case .last(let bytes) = amount else {
            try follow(source)
            return
        }
        var text = LogText(source, terminal: terminal, json: json, isFollowing: false)
        let request = StreamRequest.log(source, bytes: bytes, follow: false)
        if let refusal = try read(request, into: &text) {
            if refusal.code == .failed { advise("\(name): \(refusal.message)") }
            fail("\(name): ERROR (\(Self.phrase(for: refusal)))", refusal)
        } else {
            text.finish()
        }
    }

    private func follow(_ source: LogSource) throws(Interruption) {
        switch following {
        case .here(let prepare): prepare(.log)
        case .elsewhere(let start):
            terminal.flush()
            start(source.words + (json ? ["--json"] : []))
            return
        }
        say("==> Press Ctrl-C to exit <==")
        terminal.flush()
        var text = LogText(source, terminal: terminal, json: json, isFollowing: true)
        let bytes = LogAmount.beforeFollowing
        if let refusal = try read(.log(source, bytes: bytes, follow: true), into: &text) {
            refuseToFollow(refusal)
        } else {
            text.finish()
        }
    }

    /// Reads a stream to its end; the answer is why it could not be.
    private func read(
        _ request: StreamRequest,
        into text: inout LogText
    ) throws(Interruption) -> APIError? {
        var refusal: APIError?
        do throws(ConnectionFailure) {
            try connection.stream(request) { event in
                switch event {
                case .position, .opened: break
                case .resumed: text.interrupted()
                case .bytes(let bytes): text.add(bytes)
                case .lost(let count): text.lost(count)
                case .failed(let error): refusal = error
                case .ended: return false
                }
                return refusal == nil
            }
        } catch {
            throw .unreachable(error)
        }
        return refusal
    }

    /// As supervisorctl has it: a complaint on standard error, and success.
    private func refuseToFollow(_ error: APIError) {
        advise("\(connection.endpoint.url) Cannot read, status code \(error.code.httpStatus)")
        advise(error.hint.map { "\(error.message); \($0)" } ?? error.message)
        show(ErrorDocument(error))
    }

    private static func phrase(for error: APIError) -> String {
        switch error.code {
        case .noLogFile: "no log file"
        case .failed: "unknown error reading log"
        case .noSuchProcess, .noSuchGroup: "no such process name"
        default: error.message
        }
    }
}

extension LogSource {
    /// The verb that follows this log.
    fileprivate var words: [String] {
        switch self {
        case .program(let name, let channel): ["tail", "-f", name, channel.rawValue]
        case .daemon: ["maintail", "-f"]
        }
    }
}
