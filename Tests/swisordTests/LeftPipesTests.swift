// SPDX-License-Identifier: Apache-2.0

import Logs
import Supervision
import Testing

@testable import swisord

@Suite("Pipes that are left to log threads")
struct LeftPipesTests {
    private let id = MemberID(rawValue: 7)
    private let name = ProcessName(group: "g", process: "p")
    private var output: StreamID { StreamID(id, isError: false) }
    private var error: StreamID { StreamID(id, isError: true) }

    private func token(_ number: UInt64) -> LogToken { LogToken(rawValue: number) }

    @Test("are of no use any more once they have been read")
    func read() {
        var pipes = LeftPipes()
        pipes.leave(output, answeredBy: token(1))
        pipes.leave(error, answeredBy: token(2))
        #expect(pipes.answered(token(3)) == nil)
        #expect(pipes.answered(token(2)) == .pipe(error))
        #expect(pipes.answered(token(1)) == .pipe(output))
        #expect(pipes.answered(token(1)) == nil, "once")
        let isRead = pipes.end(id, OutputLosses(name: name))
        #expect(isRead)
        #expect(pipes.isEmpty)
    }

    @Test("have one place for each output, which the next one takes")
    func replaced() {
        var pipes = LeftPipes()
        pipes.leave(output, answeredBy: token(1))
        pipes.leave(output, answeredBy: token(2))
        #expect(pipes.answered(token(1)) == nil)
        #expect(pipes.answered(token(2)) == .pipe(output))
    }

    @Test("of one that is gone keep all that is kept of it, to the last of them")
    func gone() {
        var pipes = LeftPipes()
        pipes.leave(output, answeredBy: token(1))
        pipes.leave(error, answeredBy: token(2))
        pipes.leave(output, answeredBy: token(3))
        let isRead = pipes.end(id, OutputLosses(name: name, stdout: 1))
        #expect(!isRead)
        #expect(pipes.goneNames == [name])
        #expect(pipes.answered(token(2)) == nil)
        #expect(pipes.answered(token(1)) == nil)
        #expect(pipes.goneNames == [name])
        pipes.lost(2, of: output)
        pipes.lost(4, of: error)
        pipes.lost(8, of: StreamID(MemberID(rawValue: 8), isError: false))
        let losses = OutputLosses(name: name, stdout: 3, stderr: 4)
        #expect(pipes.answered(token(3)) == .member(id, losses))
        #expect(
            losses.lines.map(\.text) == [
                "the stdout log of g:p is closed; 3 bytes have been lost",
                "the stderr log of g:p is closed; 4 bytes have been lost",
            ]
        )
        #expect(pipes.goneNames.isEmpty)
    }
}
