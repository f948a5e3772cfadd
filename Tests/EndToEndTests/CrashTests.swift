// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

/// Whether the kernel keeps the status of what was reaped (6.15).
private var keepsStatus: Bool {
    let numbers = contents("/proc/sys/kernel/osrelease").split { !$0.isNumber }.prefix(2)
    let version = numbers.compactMap { Int($0) }
    return version.count == 2 && (version[0], version[1]) >= (6, 15)
}

@Suite("A manager that is killed", .scenarios, .timeLimit(.minutes(10)))
struct ManagerCrashTests {
    private static let pair = #"""
        programs:
          talk: {command: [sh, -c, 'n=0; while :; do n=$((n+1)); echo $n; sleep 0.002; done']}
          idle: {command: sleep 1000, startsecs: 0}
        """#

    @Test("is back with the same programs, and no line is lost or doubled")
    func sameProgramsAndLines() throws {
        try Daemon.running(Self.pair) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING")
            let talk = try daemon.wait(for: "talk", "RUNNING")
            for _ in 1...5 { try daemon.killManager() }
            #expect(try daemon.program("idle").pid == idle.pid)
            let after = try daemon.program("talk")
            #expect(after.pid == talk.pid)
            #expect(after.runs == 1)
            let drift = abs((after.startedAt ?? 0) - (talk.startedAt ?? 0))
            #expect(drift < 0.5, "it is the same start, by a clock that was read again")
            let before = daemon.scratch.read("log/talk.log").count
            try eventually("more lines") {
                daemon.scratch.read("log/talk.log").count > before + 100
            }
            _ = try daemon.ctl("stop", "talk")
            let lines = daemon.scratch.read("log/talk.log").split(separator: "\n")
            let isWhole = zip(1..., lines).allSatisfy { String($0) == $1 }
            #expect(isWhole, "nothing is lost or doubled")
        }
    }

    @Test("is told of an exit that it was not there to see")
    func exitsInBetween() throws {
        try Daemon.prepared("") { daemon in
            let fifo = daemon.home + "/go"
            mkfifo(fifo, 0o600)
            daemon.configure(
                """
                programs:
                  brief:
                    command: [sh, -c, "read x < \(fifo); exit 42"]
                    startsecs: 0
                    autorestart: false
                """
            )
            try daemon.start()
            let pid = try daemon.wait(for: "brief", "RUNNING").pid
            let manager = try daemon.managerPid()
            kill(pid_t(manager), SIGSTOP)
            daemon.scratch.write("go", "x\n")
            try eventually("the program to end") { !isAlive(pid) }
            kill(pid_t(manager), SIGKILL)
            let info = try daemon.wait(for: "brief", "EXITED")
            #expect(info.exit?.code == 42)
            #expect(info.runs == 1)
        }
    }

    @Test(
        "by itself, whatever the processor holds against it, is followed by another all the same",
        arguments: [
            (SIGILL, "SIGILL"), (SIGTRAP, "SIGTRAP"), (SIGSEGV, "SIGSEGV"), (SIGBUS, "SIGBUS"),
            (SIGABRT, "SIGABRT"),
        ]
    )
    func traps(_ signal: Int32, _ name: String) throws {
        try Daemon.prepared("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            // Where the toolchain is there, a debug build would trace its calls and go on.
            try daemon.start(adding: ["SWIFT_BACKTRACE=enable=no"])
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            let manager = try daemon.managerPid()
            kill(pid_t(manager), signal)
            try eventually("another manager") {
                (try? daemon.managerPid()).map { $0 != manager } ?? false
                    && (try? daemon.information()) != nil
            }
            #expect(try daemon.program("idle").pid == idle)
            #expect(try daemon.information().lastCrash?.contains(name) == true)
        }
    }

    @Test("is followed by one that starts the rest, when it was about to start all")
    func duringAutostart() throws {
        let programs = "{" + (1...150).map { "p\($0): {}" }.joined(separator: ", ") + "}"
        try Daemon.running(
            "defaults: {command: sleep 1000, startsecs: 0}\nprograms: \(programs)"
        ) { daemon in
            // It answers as soon as it can, which is long before the last is started.
            try daemon.killManager()
            try eventually("all of them") {
                try daemon.programs().filter { $0.state == "RUNNING" }.count == 150
            }
            let pids = Set(try daemon.programs().map(\.pid))
            #expect(pids.count == 150)
            #expect(try daemon.programs().allSatisfy { $0.runs == 1 })
        }
    }

    @Test("keeps the deadline of a stop, and the count of failed starts")
    func deadlines() throws {
        try Daemon.running(
            """
            programs:
              stubborn: {command: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"], stopwaitsecs: 8s}
              broken:
                command: "false"
                startretries: 50
                backoff: {initial: 1000s, factor: 1, max: 1000s, jitter: 0}
            """
        ) { daemon in
            let stubborn = try daemon.wait(for: "stubborn", "RUNNING").pid
            let broken = try daemon.wait(for: "broken", "BACKOFF")
            _ = try daemon.ask("POST", "/v1/programs/stubborn/stop?wait=false")
            try daemon.wait(for: "stubborn", "STOPPING")
            try daemon.killManager()
            // On a busy machine its time may be over by now.
            #expect(try daemon.program("stubborn").state == "STOPPING" || !isAlive(stubborn))
            let after = try daemon.program("broken")
            #expect(after.state == "BACKOFF")
            #expect(after.failures == broken.failures)
            try #require(after.nextAttemptIn != nil)
            let stopped = try daemon.wait(for: "stubborn", "STOPPED")
            #expect(stopped.exit?.signal == 9)
        }
    }

    @Test("is followed by one that goes by the same configuration, whatever the file says now")
    func sameConfiguration() throws {
        try Daemon.running(Self.pair) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            daemon.scratch.write("s.yaml", "programs: {this is: no: configuration\n")
            try daemon.killManager()
            #expect(try daemon.program("idle").pid == idle)
            _ = try daemon.ask("POST", "/v1/programs/idle/restart")
            #expect(try daemon.wait(for: "idle", "RUNNING").pid != idle)
        }
    }

    @Test("is followed by one that goes on with a shutdown", arguments: [false, true])
    func goesOnWithShutdown(_ isKilling: Bool) throws {
        try Daemon.running(
            """
            programs:
              first: {command: sleep 1000, startsecs: 0, priority: 1}
              last:
                command: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"]
                stopwaitsecs: \(isKilling ? "never" : "8s")
                priority: 2
            """
        ) { daemon in
            let first = try daemon.wait(for: "first", "RUNNING").pid
            let last = try daemon.wait(for: "last", "RUNNING").pid
            daemon.signal(SIGTERM)
            try daemon.wait(for: "last", "STOPPING")
            try daemon.killManager()
            // On a busy machine its turn may have come, and the daemon may have ended.
            let state = (try? daemon.program("first"))?.state
            #expect(state == "RUNNING" || (!isKilling && !isAlive(last)), "its turn comes later")
            if isKilling { daemon.signal(SIGTERM) }
            #expect(try daemon.finish().status == 0)
            #expect(!isAlive(first))
            #expect(!isAlive(last))
        }
    }

    @Test("still ends in order when the guardian is asked to")
    func endsInOrder() throws {
        try Daemon.running(Self.pair) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            try daemon.killManager()
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().status == 0)
            #expect(!isAlive(idle))
            #expect((try? status(daemon.socket)) == nil)
        }
    }
}

@Suite("A guardian that is killed", .scenarios, .timeLimit(.minutes(10)))
struct GuardianCrashTests {
    @Test("leaves a manager that goes on, and says so")
    func degraded() throws {
        try Daemon.running(
            """
            programs:
              idle: {command: sleep 1000, startsecs: 0}
              brief: {command: [sh, -c, "sleep 1000 & wait; exit 7"], startsecs: 0, autorestart: false}
            """
        ) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            let brief = try daemon.wait(for: "brief", "RUNNING").pid
            daemon.signal(SIGKILL)
            try daemon.wait(forLog: "the guardian has died")
            #expect(try daemon.program("idle").pid == idle)
            #expect(try daemon.ctl("upgrade").errors.contains("start the new one: it takes"))
            // What ends now is nobody's child that we could wait for.
            var sleeper: Int32?
            try eventually("its child") {
                let children = contents("/proc/\(brief)/task/\(brief)/children")
                sleeper = children.split(separator: " ").first.flatMap { Int32($0) }
                return sleeper != nil
            }
            kill(try #require(sleeper), SIGKILL)
            try daemon.wait(for: "brief", "EXITED")
            _ = try daemon.ask("POST", "/v1/programs/idle/restart")
            let next = try daemon.wait(for: "idle", "RUNNING").pid
            #expect(next != idle)
            kill(pid_t(next), SIGKILL)
            try eventually("another one") {
                let now = try daemon.program("idle")
                return now.state == "RUNNING" && now.pid != next
            }
            _ = try daemon.ctl("shutdown")
            try eventually("the end of all") { (try? status(daemon.socket)) == nil }
        }
    }
}

extension GuardianCrashTests {
    @Test(
        "leaves no exit untold, also of what somebody else has reaped before it is noticed",
        .enabled("needs Linux 6.15", { keepsStatus })
    )
    func reapedByOthers() throws {
        try Daemon.prepared("") { daemon in
            let fifo = daemon.home + "/go"
            mkfifo(fifo, 0o600)
            daemon.configure(
                """
                programs:
                  old: {command: [sh, -c, "read x < \(fifo); exit 41"], startsecs: 0, autorestart: false}
                  new: {command: [sh, -c, "read x < \(fifo); exit 42"], startsecs: 0, autorestart: false, autostart: false}
                """
            )
            try daemon.start()
            let old = try daemon.wait(for: "old", "RUNNING").pid
            try daemon.killManager()
            _ = try daemon.ctl("start", "new")
            let new = try daemon.wait(for: "new", "RUNNING").pid
            let manager = pid_t(try daemon.managerPid())
            kill(manager, SIGSTOP)
            daemon.signal(SIGKILL)
            // For both, so that the second reader finds its line as well.
            let number = open(fifo, O_RDWR | O_CLOEXEC)
            defer { close(number) }
            write(number, "x\nx\n", 4)
            // Whoever adopts orphans here may take its time, or never reap them.
            try? eventually("both to be reaped", within: .seconds(15)) {
                processState(old) == nil && processState(new) == nil
            }
            kill(manager, SIGCONT)
            #expect(try daemon.wait(for: "old", "EXITED").exit?.code == 41)
            #expect(try daemon.wait(for: "new", "EXITED").exit?.code == 42)
            _ = try daemon.ctl("shutdown")
            try eventually("the end of all") { (try? status(daemon.socket)) == nil }
        }
    }
}

@Suite("A daemon that is killed with its guardian", .scenarios, .timeLimit(.minutes(10)))
struct OrphanTests {
    private static let programs = #"""
        programs:
          talk: {command: [sh, -c, 'n=0; while :; do n=$((n+1)); echo $n; sleep 0.002; done']}
          gone: {command: [sleep, "1000"], startsecs: 0}
          changed: {command: [sleep, "1000"], startsecs: 0}
          removed: {command: [sleep, "1000"], startsecs: 0}
        """#

    @Test("gives its programs to the next start, which makes no second copy")
    func adopted() throws {
        try Daemon.running(Self.programs) { daemon in
            let talk = try daemon.wait(for: "talk", "RUNNING").pid
            let gone = try daemon.wait(for: "gone", "RUNNING").pid
            let changed = try daemon.wait(for: "changed", "RUNNING").pid
            let removed = try daemon.wait(for: "removed", "RUNNING").pid
            try daemon.killBoth()
            kill(pid_t(gone), SIGKILL)
            try eventually("one to be gone") { !isAlive(gone) }
            daemon.configure(
                #"""
                programs:
                  talk: {command: [sh, -c, 'n=0; while :; do n=$((n+1)); echo $n; sleep 0.002; done']}
                  gone: {command: [sleep, "1000"], startsecs: 0}
                  changed: {command: [sleep, "2000"], startsecs: 0}
                """#
            )
            try daemon.start()
            #expect(try daemon.wait(for: "talk", "RUNNING").pid == talk)
            #expect(daemon.log.contains("talk: pid \(talk) of an earlier daemon is taken back"))
            #expect(try daemon.wait(for: "gone", "RUNNING").pid != gone)
            try eventually("the changed one to be started anew") {
                let now = try daemon.program("changed")
                return now.state == "RUNNING" && now.pid != changed
            }
            try eventually("the removed one to end") { !isAlive(removed) }
            let before = daemon.scratch.read("log/talk.log").count
            try eventually("lines to go on") {
                daemon.scratch.read("log/talk.log").count > before
            }
            kill(pid_t(talk), SIGKILL)
            try eventually("its end to be seen") {
                let now = try daemon.program("talk")
                return now.state == "RUNNING" && now.pid != talk
            }
            let lines = daemon.scratch.read("log/talk.log").split(separator: "\n")
            let firstRun = lines.prefix(1) + lines.dropFirst().prefix { $0 != "1" }
            #expect(firstRun.count > 1)
            let isWhole = zip(1..., firstRun).allSatisfy { String($0) == $1 }
            #expect(isWhole, "nothing is lost or doubled")
        }
    }

    @Test("gives them to the managers that follow as well, who hear how they end")
    func adoptedAgain() throws {
        try Daemon.prepared("") { daemon in
            let fifo = daemon.home + "/go"
            mkfifo(fifo, 0o600)
            daemon.configure(
                """
                programs:
                  brief: {command: [sh, -c, "read x < \(fifo); exit 43"], startsecs: 0, autorestart: false}
                  idle: {command: sleep 1000, startsecs: 0}
                """
            )
            try daemon.start()
            let brief = try daemon.wait(for: "brief", "RUNNING").pid
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            try daemon.killBoth()
            try daemon.start()
            try daemon.killManager()
            #expect(try daemon.program("brief").pid == brief)
            daemon.scratch.write("go", "x\n")
            let exit = try daemon.wait(for: "brief", "EXITED").exit
            #expect(exit?.code == 43 || !keepsStatus)
            #expect(try daemon.program("idle").pid == idle)
            #expect(try daemon.ctl("stop", "idle").output == "idle: stopped\n")
        }
    }

    @Test("gives nothing away where orphans are to be stopped")
    func stopped() throws {
        try Daemon.running(Self.programs, settings: ["orphans: stop"]) { daemon in
            let gone = try daemon.wait(for: "gone", "RUNNING").pid
            try daemon.killBoth()
            try daemon.start()
            try eventually("another copy in its place") {
                let now = try daemon.program("gone")
                return now.state == "RUNNING" && now.pid != gone
            }
            #expect(!isAlive(gone))
            #expect(daemon.log.contains("gone: pid \(gone) of an earlier daemon is stopped"))
        }
    }

    @Test("has no second copy beside one that is to be left alone, at the next start as well")
    func left() throws {
        try Daemon.running(Self.programs, settings: ["orphans: leave"]) { daemon in
            let gone = try daemon.wait(for: "gone", "RUNNING").pid
            try daemon.killBoth()
            for _ in 1...2 {
                try daemon.start()
                let info = try daemon.wait(for: "gone", "FATAL")
                #expect(info.why?.hasPrefix("leftovers: pid \(gone) ") == true)
                #expect(isAlive(gone))
                try daemon.killBoth()
            }
            try daemon.start()
            kill(pid_t(gone), SIGKILL)
            try eventually("the place to be free") {
                _ = try daemon.ask("POST", "/v1/programs/gone/start")
                return try daemon.program("gone").state == "RUNNING"
            }
        }
    }
}
