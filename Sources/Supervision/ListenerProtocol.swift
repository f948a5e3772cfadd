// SPDX-License-Identifier: Apache-2.0

/// What is known of one event listener by what it writes to its standard output.
///
/// A listener says `READY`, is given an event, and answers `RESULT 2` and `OK`, or with anything
/// but OK; then it says `READY` again. This machine takes its bytes however they are cut, and
/// never more than a line of them is kept.
///
///     phase         READY            RESULT and its body           anything else
///     acknowledged  ready            (an answer too many)          confused
///     ready         ready            acknowledged (one too many)   confused
///     busy          ready, rejected  acknowledged, answered        confused, rejected
///     confused      ready            confused                      confused
///
/// A listener that writes what it should not is *confused*: it gets no events, until it says
/// `READY` again. So one word of a library to standard output costs one event a second try, and not
/// the listener.
///
/// One that an earlier manager has talked to is *unsure* until it says something: it may have said
/// it when nobody listened. It is then told again, see `lapse`.
package struct ListenerProtocol: Hashable, Sendable {
    /// supervisord's states of a listener, with its numbers.
    package enum Phase: UInt8, Hashable, Sendable, CaseIterable {
        case ready = 10
        case busy = 20
        case acknowledged = 30
        case confused = 40
    }

    /// What a listener has made known.
    package enum Step: Hashable, Sendable {
        /// It waits for an event.
        case ready
        /// It has answered the event that it was given: with OK, or not.
        case answered(isAccepted: Bool)
        /// It has written something else.
        case confused
    }

    /// What the next bytes are part of.
    private enum Part: Hashable, Sendable {
        case line([UInt8])
        /// The rest of a line that is too long to be one of the protocol.
        case rest
        /// The body of an answer: whether it is OK so far, how many bytes came, and of how many.
        case body(isOK: Bool, count: Int, of: Int)
    }

    package private(set) var phase: Phase
    /// Whether it may have said something that was not heard.
    package private(set) var isUnsure: Bool
    private var part = Part.line([])

    /// The longest body of an answer; supervisord's own handler wants two bytes.
    package static let longestBody = 4096
    private static let longestLine = 32
    private static let acceptance: [UInt8] = Array("OK".utf8)

    /// A listener that has just been started.
    package init() {
        self.init(resumedIn: .acknowledged)
        isUnsure = false
    }

    /// A listener that runs already, with what was last known of it.
    package init(resumedIn phase: Phase) {
        self.phase = phase
        isUnsure = phase == .acknowledged || phase == .busy
    }

    /// An event has been sent to it.
    package mutating func wasGivenEvent() {
        phase = .busy
    }

    /// It has been silent for long since a new manager listens: what it may have said is taken as
    /// said.
    package mutating func lapse() {
        guard isUnsure else { return }
        isUnsure = false
        if phase == .acknowledged { phase = .ready }
    }

    /// Takes what the listener has written.
    package mutating func take(_ bytes: some Sequence<UInt8>) -> [Step] {
        var steps: [Step] = []
        for byte in bytes {
            switch part {
            case .line(var line):
                part = .rest  // Lets go of the array, so that it grows in place.
                if byte == UInt8(ascii: "\n") {
                    part = .line([])
                    steps += end(of: line)
                } else if line.count < Self.longestLine {
                    line.append(byte)
                    part = .line(line)
                } else {
                    steps += confuse()
                }
            case .rest:
                if byte == UInt8(ascii: "\n") { part = .line([]) }
            case .body(let isOK, let count, let length):
                let matches =
                    count < Self.acceptance.count && byte == Self.acceptance[count]
                let isStillOK = isOK && matches
                if count + 1 < length {
                    part = .body(isOK: isStillOK, count: count + 1, of: length)
                } else {
                    steps += answer(isOK: isStillOK && length == Self.acceptance.count)
                }
            }
        }
        return steps
    }

    private mutating func end(of line: [UInt8]) -> [Step] {
        let text = String(decoding: line, as: UTF8.self)
        if text == "READY" { return becomeReady() }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0] == "RESULT", !words[1].isEmpty,
            words[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = Int(words[1]),
            length <= Self.longestBody
        else { return confuse() }
        guard length > 0 else { return answer(isOK: false) }
        part = .body(isOK: true, count: 0, of: length)
        return []
    }

    private mutating func becomeReady() -> [Step] {
        defer { isUnsure = false }
        switch phase {
        case .busy where isUnsure:
            // It says what nobody heard; the event is still on its way to it.
            return []
        case .busy:
            phase = .ready
            return [.answered(isAccepted: false), .ready]
        case .acknowledged, .confused:
            phase = .ready
            return [.ready]
        case .ready: return []
        }
    }

    private mutating func answer(isOK: Bool) -> [Step] {
        part = .line([])
        isUnsure = false
        switch phase {
        case .busy:
            phase = .acknowledged
            return [.answered(isAccepted: isOK)]
        case .ready:
            phase = .acknowledged
            return []
        case .acknowledged, .confused: return []
        }
    }

    private mutating func confuse() -> [Step] {
        isUnsure = false
        switch phase {
        case .confused: return []
        case .busy:
            phase = .confused
            return [.answered(isAccepted: false), .confused]
        case .acknowledged, .ready:
            phase = .confused
            return [.confused]
        }
    }
}
