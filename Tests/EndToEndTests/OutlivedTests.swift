// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("Programs that outlive a daemon", .scenarios, .timeLimit(.minutes(10)))
struct OutlivedTests {
    @Test("and that are left alone, are left alone by the next managers as well")
    func leftAlone() throws {
        let sleep = "{command: sleep 1000, startsecs: 0, leftovers: stop}"
        let both = ["a", "b"].map { "  \($0): \(sleep)\n" }
        let settings = ["orphans: leave"]
        try Daemon.running("programs:\n" + both.joined(), settings: settings) { daemon in
            let first = try daemon.wait(for: "a", "RUNNING").pid
            let second = try daemon.wait(for: "b", "RUNNING").pid
            try daemon.killBoth()
            daemon.configure("programs:\n\(both[0])  c: \(sleep)\n", settings: settings)
            try daemon.start()
            try daemon.wait(for: "a", "FATAL")
            for _ in 1...2 {
                try daemon.killManager()
                _ = try daemon.ctl("start", "a")
                let why = try daemon.wait(for: "a", "FATAL").why
                #expect(why?.contains("pid \(first)") == true)
            }
            // Who comes into the file again finds its place taken as well.
            daemon.configure("programs:\n" + both.joined(), settings: settings)
            #expect(try daemon.ctl("update").status == 0)
            try daemon.wait(for: "b", "FATAL")
            #expect(isAlive(first))
            #expect(isAlive(second))
            kill(pid_t(first), SIGKILL)
            try eventually("the place to be free") {
                _ = try daemon.ctl("start", "a")
                return try daemon.program("a").state == "RUNNING"
            }
            #expect(daemon.logLines(containing: "recorded twice").isEmpty)
        }
    }

    @Test("that was shutting down, are started again by the next", arguments: ["adopt", "stop"])
    func afterShutdown(_ policy: String) throws {
        try Daemon.prepared("") { daemon in
            mkfifo("\(daemon.home)/gate", 0o600)
            daemon.configure(
                """
                programs:
                  slow:
                    command: [sh, -c, "trap 'read x < \(daemon.home)/gate; exit 0' TERM; while :; do sleep 0.05; done"]
                    stopwaitsecs: never
                    startsecs: 0
                """,
                settings: ["orphans: \(policy)"]
            )
            try daemon.start()
            let slow = try daemon.wait(for: "slow", "RUNNING").pid
            _ = try daemon.ask("POST", "/v1/daemon/shutdown")
            try daemon.wait(for: "slow", "STOPPING")
            try daemon.killBoth()
            try daemon.start()
            #expect(try daemon.program("slow").state == "STOPPING")
            daemon.scratch.write("gate", "x\n")
            try eventually("another run") {
                let now = try daemon.program("slow")
                return now.state == "RUNNING" && now.pid != slow
            }
        }
    }
}
