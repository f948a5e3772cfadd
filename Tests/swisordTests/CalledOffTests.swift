// SPDX-License-Identifier: Apache-2.0

import Platform
import Supervision
import Testing

@testable import swisord

@Suite("A run that was called off on its way to exec")
struct CalledOffTests {
    @Test("has not run when it ended by that, and has when it ended by itself before")
    func ends() {
        let aborted: [Supervision.ExitStatus] = [
            .signal(.kill, coreDumped: false), .code(SpawnedChild.neverExecuted),
        ]
        for status in aborted { #expect(status.endsWhatWasCalledOff) }
        let over: [Supervision.ExitStatus] = [
            .code(0), .code(3), .signal(.terminate, coreDumped: false), .unknown,
            .signal(.brokenPipe, coreDumped: false), .neverExecuted(.interrupted),
        ]
        for status in over { #expect(!status.endsWhatWasCalledOff) }
    }

    @Test("has not run either when it ended unseen, unless it is known how")
    func unseen() {
        let aborted: [Supervision.ExitStatus] = [.unknown, .code(SpawnedChild.neverExecuted)]
        for status in aborted { #expect(status.endsWhatWasUnproven) }
        let over: [Supervision.ExitStatus] = [.code(0), .signal(.terminate, coreDumped: false)]
        for status in over { #expect(!status.endsWhatWasUnproven) }
    }
}
