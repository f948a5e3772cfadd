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
        var text = LogText(source, terminal: terminal, json: json)
        let refusal: APIError?
        switch amount {
        case .last(let bytes):
            let request = StreamRequest.log(source, bytes: bytes, follow: false)
            refusal = try read(request, into: &text)
            if refusal == nil { text.finish() }
        case .following:
            say("==> Press Ctrl-C to exit <==")
            let request = StreamRequest.log(
                source,
                bytes: LogAmount.beforeFollowing,
                follow: true
            )
            text.isFollowing = true
            refusal = try read(request, into: &text)
            if refusal == nil { text.finish() }
        }
        guard let refusal else { return }
        if case .following = amount {
            refuseToFollow(refusal)
        } else {
            fail("\(name): ERROR (\(Self.phrase(for: refusal)))", refusal)
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
                case .opened: break
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
        advise("\(connection.endpoint.url) Cannot read, status code \(error.code.statusCode)")
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

/// The bytes of a log on their way to a person, a pipe or a program.
struct LogText {
    var isFollowing = false
    private let terminal: Terminal
    private let json: Bool
    private let isEscaped: Bool
    private var escaping = Escaping(keepsLayout: true)
    private var characters = Characters()
    private let label: (name: String?, channel: String?)

    init(_ source: LogSource, terminal: Terminal, json: Bool) {
        self.terminal = terminal
        self.json = json
        isEscaped = terminal.traits.outputIsTerminal
        switch source {
        case .program(let name, let channel): label = (name, channel.rawValue)
        case .daemon: label = (nil, nil)
        }
    }

    mutating func add(_ bytes: [UInt8]) {
        if json {
            characters.add(bytes)
            if isFollowing { showWhatIsWhole() }
        } else {
            terminal.bytes(isEscaped ? escaping.add(bytes) : bytes)
            if isFollowing { terminal.flush() }
        }
    }

    mutating func lost(_ count: Int) {
        if json {
            show(nil, lost: count)
        } else {
            terminal.complain("\(count) bytes were skipped: they came faster than they were read")
        }
    }

    /// The end of what `-N` shows, and of what `-f` does.
    mutating func finish() {
        if json {
            let rest = characters.finish()
            if !isFollowing || !rest.isEmpty { show(rest, lost: nil) }
        } else {
            if isEscaped { terminal.bytes(escaping.finish()) }
            if !isFollowing { terminal.bytes([UInt8(ascii: "\n")]) }
        }
        terminal.flush()
    }

    private mutating func showWhatIsWhole() {
        let text = characters.take()
        guard !text.isEmpty else { return }
        show(text, lost: nil)
        terminal.flush()
    }

    private func show(_ text: String?, lost: Int?) {
        let piece = Piece(
            name: label.name,
            channel: label.channel,
            data: text,
            lostBytes: lost
        )
        terminal.document(JSONText.encode(piece))
    }

    /// One document a piece; absent keys are left out.
    private struct Piece: Encodable {
        let name: String?
        let channel: String?
        let data: String?
        let lostBytes: Int?
    }
}

/// Text from bytes in pieces: what is no UTF-8 becomes U+FFFD, and no piece cuts a character.
private struct Characters {
    private var pending: [UInt8] = []

    mutating func add(_ bytes: [UInt8]) {
        pending += bytes
    }

    mutating func take() -> String {
        let cut = (max(0, pending.count - 3)..<pending.count).first { index in
            if case .incomplete = UTF8Step(pending[index...]) { true } else { false }
        }
        defer { pending.removeFirst(cut ?? pending.count) }
        return String(decoding: pending[..<(cut ?? pending.count)], as: UTF8.self)
    }

    mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }
}

extension APIError.Code {
    fileprivate var statusCode: Int { 404 }
}
