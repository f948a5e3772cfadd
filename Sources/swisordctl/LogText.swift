// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// The bytes of a log on their way to a person, a pipe or a program.
struct LogText {
    private let isFollowing: Bool
    private let terminal: Terminal
    private let json: Bool
    private let isEscaped: Bool
    private var escaping = Escaping(keepsLayout: true)
    private var characters = Characters()
    private let label: (name: String?, channel: String?)

    init(_ source: LogSource, terminal: Terminal, json: Bool, isFollowing: Bool) {
        self.isFollowing = isFollowing
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

    /// The daemon was started again while the log was followed.
    func interrupted() {
        terminal.complain("swisord was started again: what was written just then may be missing")
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

        private enum CodingKeys: String, CodingKey {
            case name, channel, data
            case lostBytes = "lost_bytes"
        }
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
