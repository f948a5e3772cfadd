// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Platform

@Suite("The turns with a pipe", .timeLimit(.minutes(10)))
struct PipeTurnTests {
    private let turn: PipeTurn

    init() throws {
        turn = PipeTurn(try Bell())
    }

    @Test("let nobody open it, or ask for its length, while bytes are moved")
    func moving() throws {
        let reader = try OutputPipe.makeReader()
        let pipe = try OutputPipe(readBy: reader, turn)
        #expect(turn.isIdle(within: .zero))
        #expect(pipe.waitingCount == 0)
        turn.begin()
        #expect(!turn.isIdle(within: .milliseconds(1)))
        #expect(pipe.waitingCount == nil)
        let failure = #expect(throws: SystemError.self) { _ = try pipe.openEnd() }
        #expect(failure?.errno == .resourceBusy)
        turn.end()
        #expect(turn.isIdle(within: .zero))
        #expect(pipe.waitingCount == 0)
        _ = try pipe.openEnd()
    }

    @Test("come as soon as the bytes have been moved")
    func waits() throws {
        turn.begin()
        let turn = turn
        let other = try Platform.Thread(name: "mover") { turn.end() }
        #expect(turn.isIdle(within: .seconds(600)))
        other.join()
    }

    @Test("come though a bell has rung in vain before")
    func stale() throws {
        turn.begin()
        #expect(!turn.isIdle(within: .zero))
        turn.end()
        turn.begin()
        let turn = turn
        let other = try Platform.Thread(name: "mover") { turn.end() }
        #expect(turn.isIdle(within: .seconds(600)))
        other.join()
    }
}
