// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

@Suite("upgrade")
struct UpgradeTests {
    private func answer(_ error: String?) -> Response {
        var info = daemonInfo()
        info.lastUpgrade = DaemonInfo.Upgrade(
            from: "0.1.0",
            to: error == nil ? "0.2.0" : "0.1.0",
            programs: 3,
            at: 1,
            error: error
        )
        return .daemon(info)
    }

    @Test("tells the versions and that programs run on")
    func done() {
        let seen = Transcript("upgrade", answer(nil))
        #expect(seen.output == "upgraded from 0.1.0 to 0.2.0, 3 programs kept\n")
        #expect(seen.status == 0)
        #expect(seen.requests == [.upgrade(path: nil)])
    }

    @Test("fails with the reason when the old one had to go on")
    func rolledBack() {
        let seen = Transcript("upgrade /opt/swisord", answer("it ended with status 1"))
        #expect(seen.output == "ERROR: rolled back to 0.1.0: it ended with status 1\n")
        #expect(seen.status == 1)
        #expect(seen.requests == [.upgrade(path: "/opt/swisord")])
    }

    @Test("names a path from the root, wherever it is typed")
    func relative() throws {
        let seen = Transcript("upgrade bin/swisord", answer(nil))
        guard case .upgrade(let path?) = try #require(seen.requests.first) else {
            Issue.record("it asked for something else")
            return
        }
        #expect(path.hasPrefix("/") && path.hasSuffix("/bin/swisord"))
    }

    @Test("shows the refusal of a daemon that cannot, and takes one path")
    func refused() {
        let seen = Transcript("upgrade", .failure(APIError(.failed, "no guardian", hint: "start")))
        #expect(seen.output == "error: no guardian\n")
        #expect(seen.status == 1)
        #expect(Transcript("upgrade a b").requests.isEmpty)
    }
}
