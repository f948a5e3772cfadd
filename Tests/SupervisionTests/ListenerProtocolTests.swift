// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("The protocol of event listeners")
struct ListenerProtocolTests {
    typealias Step = ListenerProtocol.Step

    private static let ok = Step.answered(isAccepted: true)
    private static let no = Step.answered(isAccepted: false)

    /// A listener that has been given an event once it was READY; a `>` stands for that.
    private static func steps(_ text: String, cutAt places: Set<Int> = []) -> [Step] {
        var listener = ListenerProtocol()
        var steps: [Step] = []
        var piece: [UInt8] = []
        for (place, byte) in text.utf8.enumerated() {
            if places.contains(place) {
                steps += listener.take(piece)
                piece = []
            }
            if byte == UInt8(ascii: ">") {
                steps += listener.take(piece)
                piece = []
                listener.wasGivenEvent()
            } else {
                piece.append(byte)
            }
        }
        return steps + listener.take(piece)
    }

    static let talks: [(String, [Step])] = [
        ("READY\n", [.ready]),
        ("READY\n>RESULT 2\nOK", [.ready, ok]),
        ("READY\n>RESULT 2\nOKREADY\n>RESULT 2\nOK", [.ready, ok, .ready, ok]),
        ("READY\n>RESULT 4\nFAIL", [.ready, no]),
        ("READY\n>RESULT 2\nOk", [.ready, no]),
        ("READY\n>RESULT 3\nOK\n", [.ready, no]),
        ("READY\n>RESULT 1\nO", [.ready, no]),
        ("READY\n>RESULT 0\nREADY\n", [.ready, no, .ready]),
        ("READY\n>RESULT 6\nREADY\nREADY\n", [.ready, no, .ready]),
        // One word too many costs a second try, and the next READY makes it good.
        ("hello\nREADY\n", [.confused, .ready]),
        ("READY\n>hello\nRESULT 2\nOKREADY\n", [.ready, no, .confused, .ready]),
        ("READY\nhello\nREADY\n", [.ready, .confused, .ready]),
        ("READY\n>RESULT two\nREADY\n", [.ready, no, .confused, .ready]),
        ("READY\n>RESULT -1\nREADY\n", [.ready, no, .confused, .ready]),
        ("READY\n>RESULT 99999999999999999999\nREADY\n", [.ready, no, .confused, .ready]),
        ("READY\n>RESULT 4097\nREADY\n", [.ready, no, .confused, .ready]),
        ("READY\n>result 2\nOK\nREADY\n", [.ready, no, .confused, .ready]),
        // It has dropped the event.
        ("READY\n>READY\n", [.ready, no, .ready]),
        // What says the same once more changes nothing.
        ("READY\nREADY\n", [.ready]),
        ("READY\nRESULT 2\nOKREADY\n", [.ready, .ready]),
        ("RESULT 2\nOKREADY\n", [.ready]),
        ("\nREADY\n", [.confused, .ready]),
        ("READY \nREADY\n", [.confused, .ready]),
        (String(repeating: "x", count: 5000) + "\nREADY\n", [.confused, .ready]),
    ]

    @Test("makes of each talk what it says, however it is cut", arguments: talks)
    func talk(text: String, expected: [Step]) {
        #expect(Self.steps(text) == expected)
        guard text.utf8.count < 200 else { return }
        for place in 0...text.utf8.count { #expect(Self.steps(text, cutAt: [place]) == expected) }
        #expect(Self.steps(text, cutAt: Set(0...text.utf8.count)) == expected)
    }

    @Test("has a phase for each state of supervisord, with its number")
    func phases() {
        var listener = ListenerProtocol()
        #expect(listener.phase.rawValue == 30)
        _ = listener.take("READY\n".utf8)
        #expect(listener.phase.rawValue == 10)
        listener.wasGivenEvent()
        #expect(listener.phase.rawValue == 20)
        _ = listener.take("what?\n".utf8)
        #expect(listener.phase.rawValue == 40)
    }

    @Test("takes as said, after a while, what nobody may have heard")
    func unsure() {
        var waiting = ListenerProtocol(resumedIn: .acknowledged)
        #expect(waiting.isUnsure)
        waiting.lapse()
        #expect(waiting.phase == .ready)
        var busy = ListenerProtocol(resumedIn: .busy)
        busy.lapse()
        #expect(busy.phase == .busy)
        #expect(!ListenerProtocol(resumedIn: .ready).isUnsure)
        var late = ListenerProtocol(resumedIn: .busy)
        // It had said so before the event was sent; the event is still on its way to it.
        #expect(late.take("READY\n".utf8) == [])
        #expect(late.take("RESULT 2\nOK".utf8) == [.answered(isAccepted: true)])
        #expect(!late.isUnsure)
    }
}
