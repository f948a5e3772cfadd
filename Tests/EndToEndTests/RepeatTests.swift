// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A client of a manager that is killed", .scenarios, .timeLimit(.minutes(10)))
struct RepeatTests {
    @Test("gets the answer to its restart, which is done once")
    func restart() throws {
        try Daemon.prepared("") { daemon in
            let fifo = daemon.home + "/go"
            mkfifo(fifo, 0o600)
            // It ends when it is let go, so that the manager dies while the client waits.
            daemon.configure(
                """
                programs:
                  slow:
                    command: [sh, -c, "trap 'read x < \(fifo); exit 0' TERM; while :; do sleep 0.05; done"]
                    startsecs: 1
                    stopwaitsecs: 100
                """
            )
            try daemon.start()
            let first = try daemon.wait(for: "slow", "RUNNING")
            let client = try daemon.launch(
                Daemon.swisordctl,
                ["-c", daemon.file, "restart", "slow"]
            )
            try daemon.wait(for: "slow", "STOPPING")
            try daemon.killManager()
            try daemon.killManager()
            #expect(try daemon.program("slow").pid == first.pid)
            daemon.scratch.write("go", "x\n")
            try eventually("its successor") { try daemon.program("slow").runs == 2 }
            try daemon.killManager()
            let end = try client.finish()
            #expect(end.output == "slow: stopped\nslow: started\n")
            #expect(end.status == 0)
            let after = try daemon.program("slow")
            #expect(after.state == "RUNNING")
            #expect(after.runs == 2)
            // A start that the death of a manager cut short is made again.
            let cut = daemon.logLines(containing: "start of 'slow' was interrupted").count
            #expect(daemon.logLines(containing: "spawned: 'slow'").count - cut == 2)
        }
    }

    @Test("never sees that the manager is not there")
    func status() throws {
        try Daemon.running("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            let begin = ContinuousClock.now
            for kills in 1...5 {
                let manager = try daemon.managerPid()
                kill(pid_t(manager), SIGKILL)
                let status = try daemon.ctl("status")
                #expect(status.output.contains("RUNNING   pid \(idle)"))
                #expect(status.status == 0)
                let info = try daemon.information()
                #expect(info.starts == kills + 1)
                #expect(info.managerPid != manager && info.pid == daemon.pid)
                #expect(info.guardian == .init(state: .watching, pid: daemon.pid))
                #expect(info.lastCrash?.contains("SIGKILL") == true)
                #expect(try daemon.program("idle").adopted == true)
            }
            let status = try daemon.ctl("status")
            let alarms = try daemon.information().alarms.count
            // A busy machine may have needed more than a minute; then it is no alarm.
            guard ContinuousClock.now - begin < .seconds(50) else { return }
            #expect(status.errors.contains("alarm: swisord has crashed 5 times within a minute"))
            #expect(alarms == 1)
        }
    }

    @Test("has a restart done once, and gets the same answer again and again")
    func repeated() throws {
        try Daemon.running("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            try daemon.wait(for: "idle", "RUNNING")
            func restart() throws -> String {
                let connection = try RawHTTP(daemon.socket)
                connection.send(
                    "POST /v1/programs/idle/restart HTTP/1.1\r\nConnection: close\r\n"
                        + "Idempotency-Key: 00000000000000000000000000000001\r\n\r\n"
                )
                try eventually("the answer") { !connection.poll() }
                #expect(connection.answer.status == 200)
                return connection.answer.text
            }
            let answer = try restart()
            #expect(answer.contains(#""action":"started""#))
            let pid = try daemon.program("idle").pid
            #expect(try restart() == answer)
            try daemon.killManager()
            #expect(try restart() == answer)
            #expect(try daemon.program("idle").pid == pid)
        }
    }
}
