// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

/// The numbers that a program has written to its log, one a line.
private func numbers(_ daemon: Daemon, _ log: String, atLeast count: Int) throws -> [Int] {
    try found("\(count) pids in \(log)") {
        let numbers = daemon.scratch.read(log).split(separator: "\n").compactMap { Int($0) }
        return numbers.count >= count ? numbers : nil
    }
}

@Suite("A stop", .scenarios, .timeLimit(.minutes(10)))
struct StopTests {
    @Test("reaches the whole group, waits until it is empty, and kills the rest")
    func group() throws {
        try Daemon.running(
            #"""
            programs:
              family:
                command: [sh, -c, "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & sh -c 'echo $$; exec sleep 1000' & wait"]
                stopwaitsecs: 400ms
                startsecs: 0
            """#
        ) { daemon in
            let children = try numbers(daemon, "log/family.log", atLeast: 2)
            let leader = try daemon.wait(for: "family", "RUNNING").pid
            let begin = ContinuousClock.now
            #expect(try daemon.ctl("stop", "family").output == "family: stopped\n")
            #expect(ContinuousClock.now - begin >= .milliseconds(400), "TERM was given its time")
            for pid in children + [leader] { #expect(!isAlive(pid)) }
            try daemon.wait(forLog: "killing 'family' (\(leader)) with SIGKILL")
        }
    }

    @Test("says that the leader has gone and others have not")
    func emptying() throws {
        try Daemon.running(
            #"""
            programs:
              family:
                command: [sh, -c, "trap 'exit 0' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & wait"]
                stopwaitsecs: never
                startsecs: 0
            """#
        ) { daemon in
            let child = try #require(try numbers(daemon, "log/family.log", atLeast: 1).first)
            let leader = try daemon.wait(for: "family", "RUNNING").pid
            _ = try daemon.ask("POST", "/v1/programs/family/stop?wait=false")
            let why = "pid \(leader) has ended, others of its processes have not"
            try eventually("the leader's end") { try daemon.program("family").why == why }
            #expect(isAlive(child))
            #expect(try daemon.program("family").state == "STOPPING")
            #expect(try daemon.ctl("status").output.contains("STOPPING  \(why)"))
            kill(pid_t(child), SIGKILL)
            try daemon.wait(for: "family", "STOPPED")
        }
    }

    @Test("continues a program that was stopped with SIGSTOP")
    func continues() throws {
        try Daemon.running(
            "programs: {idle: {command: sleep 1000, startsecs: 0, stopwaitsecs: 1000}}"
        ) { daemon in
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            #expect(try daemon.ctl("signal", "STOP", "idle").output == "idle: signalled\n")
            try eventually("it to be stopped") { processState(pid) == "T" }
            #expect(try daemon.ctl("stop", "idle").output == "idle: stopped\n")
            try daemon.wait(forLog: "stopped: idle (terminated by SIGTERM)")
        }
    }

    @Test("is for the leader alone when stopasgroup and killasgroup are off")
    func leaderOnly() throws {
        try Daemon.running(
            #"""
            programs:
              family:
                command: [sh, -c, "sh -c 'echo $$; exec sleep 1000' & exec sleep 1000"]
                stopasgroup: false
                killasgroup: false
                startsecs: 0
            """#
        ) { daemon in
            let child = try #require(try numbers(daemon, "log/family.log", atLeast: 1).first)
            let leader = try daemon.wait(for: "family", "RUNNING").pid
            #expect(try daemon.ctl("stop", "family").output == "family: stopped\n")
            #expect(!isAlive(leader))
            #expect(isAlive(child))
        }
    }

    @Test("uses the signal of stopsignal, and waits for ever with stopwaitsecs never")
    func never() throws {
        try Daemon.running(
            #"""
            programs:
              deaf:
                command: [sh, -c, "trap 'echo heard INT' INT; trap 'exit 0' USR1; echo ready; while :; do sleep 0.02; done"]
                stopsignal: INT
                stopwaitsecs: never
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/deaf.log", toHold: "ready")
            let pid = try daemon.program("deaf").pid
            _ = try daemon.ask("POST", "/v1/programs/deaf/stop?wait=false")
            try daemon.wait(forFile: "log/deaf.log", toHold: "heard INT")
            let info = try daemon.program("deaf")
            #expect(info.state == "STOPPING")
            #expect(info.why == "waiting for pid \(pid) to end")
            // A start that comes meanwhile is carried out when the stop is over.
            _ = try daemon.ask("POST", "/v1/programs/deaf/start?wait=false")
            #expect(try daemon.program("deaf").pid == pid)
            #expect(try daemon.ctl("signal", "USR1", "deaf").status == 0)
            try eventually("its successor") {
                let info = try daemon.program("deaf")
                return info.runs == 2 && info.pid != pid && info.pid != 0
            }
        }
    }

    @Test("ends the wait between two attempts")
    func backoff() throws {
        try Daemon.running(
            """
            programs:
              brief: {command: [sh, -c, exit 3], backoff: {initial: 1000s, max: 1000s}}
            """
        ) { daemon in
            let waiting = try daemon.wait(for: "brief", "BACKOFF")
            #expect((waiting.nextAttemptIn ?? 0) > 800)
            #expect(try daemon.ctl("stop", "brief").output == "brief: stopped\n")
            #expect(try daemon.program("brief").state == "STOPPED")
        }
    }
}

@Suite("A shutdown", .scenarios, .timeLimit(.minutes(10)))
struct ShutdownTests {
    @Test("ends a hundred idle programs")
    func hundred() throws {
        try Daemon.running(
            """
            programs:
              idle:
                command: sleep 1000
                numprocs: 100
                process_name: "%(process_num)03d"
                startsecs: 0
            """
        ) { daemon in
            try eventually("all to run") {
                try daemon.programs().allSatisfy { $0.state == "RUNNING" }
            }
            let pids = try daemon.programs().map(\.pid)
            #expect(pids.count == 100)
            let begin = ContinuousClock.now
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().ending == .exit(0))
            let took = ContinuousClock.now - begin
            print("100 idle programs and the daemon were gone after \(took)")
            #expect(pids.allSatisfy { !isAlive($0) })
        }
    }

    @Test("stops independent programs at the same time, not one after the other")
    func together() throws {
        try Daemon.prepared(
            """
            programs:
              slow:
                command: [sh, slow.sh, "%(process_num)d"]
                directory: "%(here)s"
                numprocs: 3
                process_name: "%(process_num)d"
                stopwaitsecs: never
            """
        ) { daemon in
            // Each waits, once it is told to end, until all have been told: one after the other,
            // the first would wait for ever.
            daemon.scratch.write(
                "slow.sh",
                """
                finish() {
                    touch told.$1
                    until test -e told.0 -a -e told.1 -a -e told.2; do sleep 0.01; done
                    exit 0
                }
                trap "finish $1" TERM
                touch up.$1
                while :; do sleep 0.01; done
                """
            )
            try daemon.start()
            try eventually("all to listen") {
                names(in: daemon.home).count { $0.hasPrefix("up.") } == 3
            }
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().ending == .exit(0))
        }
    }

    @Test("is begun by TERM, INT and QUIT", arguments: [SIGTERM, SIGINT, SIGQUIT])
    func signals(signal: Int32) throws {
        try Daemon.running("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            let pid = try daemon.wait(for: "idle", "RUNNING").pid
            daemon.signal(signal)
            #expect(try daemon.finish().ending == .exit(0))
            #expect(!isAlive(pid))
            try daemon.wait(forLog: "indicating exit request")
            #expect(!names(in: daemon.home + "/run").contains("swisord.sock"))
        }
    }

    @Test("kills at once when it is asked for a second time")
    func second() throws {
        try Daemon.running(
            #"""
            programs:
              deaf:
                command: [sh, -c, "trap '' TERM; echo ready; while :; do sleep 0.05; done"]
                stopwaitsecs: never
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/deaf.log", toHold: "ready")
            let pid = try daemon.program("deaf").pid
            daemon.signal(SIGTERM)
            try daemon.wait(forLog: "waiting for deaf to stop")
            #expect(try daemon.information().state == .shutdown)
            let refused = try daemon.ctl("start", "deaf")
            #expect(refused.output == "deaf: ERROR (swisord is shutting down)\n")
            #expect(isAlive(pid))
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().ending == .exit(0))
            #expect(!isAlive(pid))
        }
    }

    @Test("stops groups one after the other, the highest priority first")
    func priorities() throws {
        let script = #"trap 'sleep 0.2; exit 0' TERM; echo ready; while :; do sleep 0.02; done"#
        try Daemon.running(
            """
            programs:
              low: {command: [sh, -c, "\(script)"], startsecs: 0, stopasgroup: false}
              middle: {command: [sh, -c, "\(script)"], startsecs: 0, stopasgroup: false}
              high: {command: [sh, -c, "\(script)"], startsecs: 0, stopasgroup: false}
            groups:
              first: {programs: [low], priority: 1}
              second: {programs: [middle], priority: 2}
              third: {programs: [high], priority: 3}
            """
        ) { daemon in
            for log in ["first:low", "second:middle", "third:high"] {
                try daemon.wait(forFile: "log/\(log).log", toHold: "ready")
            }
            try daemon.wait(forLog: "spawned: 'third:high'")
            let started = daemon.logLines(containing: "spawned: ").map {
                $0.contains("low") ? 1 : $0.contains("middle") ? 2 : 3
            }
            #expect(started == [1, 2, 3])
            let events = try EventWatch(daemon.socket)
            daemon.signal(SIGTERM)
            try daemon.finish()
            let steps = try events.notes().filter { $0.type == .processState }
                .map { "\($0.name ?? "") \($0.to ?? "")" }
            #expect(
                steps == [
                    "high STOPPING", "high STOPPED", "middle STOPPING", "middle STOPPED",
                    "low STOPPING", "low STOPPED",
                ]
            )
        }
    }
}
