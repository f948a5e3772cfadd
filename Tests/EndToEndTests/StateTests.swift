// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("The state of a program", .scenarios, .timeLimit(.minutes(10)))
struct StateTests {
    @Test("is BACKOFF, then FATAL with its retries counted, when it dies at once")
    func diesAtOnce() throws {
        try Daemon.running(
            """
            programs:
              brief:
                command: [sh, -c, exit 3]
                autostart: false
                startretries: 2
                backoff: {initial: 400ms, factor: 1, jitter: 0}
            """
        ) { daemon in
            let events = try EventWatch(daemon.socket)
            let begin = ContinuousClock.now
            let start = try daemon.ctl("start", "brief")
            #expect(start.output == "brief: ERROR (spawn error)\n")
            #expect(start.errors.contains("exit status 3"))
            let backoff = try daemon.ctl("status", "brief")
            let line =
                /brief {28}BACKOFF   exited with status 3 after \d\.\d s, 1 of 2 retries, next in \d s\n/
            // A busy machine may be late; then the line has gone by.
            if try daemon.program("brief").runs == 1 {
                #expect(backoff.status == 0, "it is not down for good")
                #expect(backoff.output.wholeMatch(of: line) != nil)
            }
            let fatal = try daemon.wait(for: "brief", "FATAL")
            #expect(ContinuousClock.now - begin >= .milliseconds(800), "two waits of 400 ms")
            #expect(fatal.runs == 3)
            #expect(fatal.failures == 3)
            #expect(fatal.retryLimit == 2)
            #expect(fatal.exit?.code == 3)
            #expect(fatal.why?.hasPrefix("gave up after 3 attempts: exited with status 3") == true)
            #expect(
                try events.states(of: "brief") == [
                    "STARTING", "BACKOFF", "STARTING", "BACKOFF", "STARTING", "BACKOFF", "FATAL",
                ]
            )
            #expect(try daemon.ctl("status").status == 3)
            try daemon.wait(forLog: "entered FATAL state, too many start retries")
            #expect(
                daemon.logLines(containing: "entered FATAL state, too many start retries").count
                    == 1
            )
            #expect(
                daemon.logLines(containing: "exited: brief (exit status 3; not expected)").count
                    == 3
            )
        }
    }

    @Test("is never RUNNING for a program that has died, however many are started")
    func neverFalselyRunning() throws {
        try Daemon.running(
            """
            programs:
              brief:
                command: [sh, -c, exit 3]
                numprocs: 40
                process_name: "%(process_num)02d"
                startsecs: 5ms
                startretries: 4
                backoff: {initial: 1ms, factor: 1}
                autostart: false
                stdout_logfile: NONE
                stderr_logfile: NONE
              patient:
                command: [sh, -c, exit 3]
                numprocs: 40
                process_name: "%(process_num)02d"
                startsecs: 60
                startretries: 4
                backoff: {initial: 1ms, factor: 1}
                autostart: false
                stdout_logfile: NONE
                stderr_logfile: NONE
            """
        ) { daemon in
            let events = try EventWatch(daemon.socket)
            _ = try daemon.ask("POST", "/v1/programs/all/start?wait=false")
            try eventually("all to be FATAL") {
                events.poll()
                return try daemon.programs().filter { $0.group == "patient" }
                    .allSatisfy { $0.state == "FATAL" }
            }
            // A stream that was full for a moment has the last of it after the answer above.
            var notes: [EventNote] = []
            try eventually("the news of it") {
                notes = try events.notes()
                return notes.filter { $0.group == "patient" && $0.to == "FATAL" }.count == 40
            }
            #expect(notes.filter { $0.group == "patient" && $0.to == "RUNNING" }.isEmpty)
            var starts: [String: Double] = [:]
            for note in notes where note.group == "brief" {
                if note.to == "STARTING" { starts[note.name ?? ""] = note.at }
                // Where the shell took longer than startsecs to end, RUNNING is the truth.
                guard note.to == "RUNNING" else { continue }
                #expect(note.at - (starts[note.name ?? ""] ?? note.at) >= 0.0049)
            }
            #expect(zip(notes, notes.dropFirst()).allSatisfy { $0.serial + 1 == $1.serial })
        }
    }

    @Test("counts every exit when startsecs is 0, and ends in FATAL")
    func zeroStartSeconds() throws {
        try Daemon.running(
            """
            programs:
              brief:
                command: [sh, -c, exit 3]
                startsecs: 0
                startretries: 2
                backoff: {initial: 1ms, factor: 1}
            """
        ) { daemon in
            let fatal = try daemon.wait(for: "brief", "FATAL")
            #expect(fatal.runs == 3)
        }
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let keys: String
        let why: String
        let error: String
        var testDescription: String { why }
    }

    @Test(
        "says which step of a start failed, and why",
        arguments: [
            Failure(
                keys: "command: /nope",
                why: "exec: /nope: No such file or directory",
                error: "no such file"
            ),
            Failure(
                keys: "command: no-such-command-here",
                why: "exec: no-such-command-here: not found in PATH",
                error: "no such file"
            ),
            Failure(
                keys: "command: /etc/passwd",
                why: "exec: /etc/passwd: Permission denied",
                error: "file is not executable"
            ),
        ]
    )
    func permanentFailure(failure: Failure) throws {
        try Daemon.running("programs: {lost: {\(failure.keys)}}") { daemon in
            let fatal = try daemon.wait(for: "lost", "FATAL")
            #expect(fatal.why == failure.why)
            #expect(fatal.runs == 1, "trying again cannot help")
            #expect(try daemon.ctl("status").output.hasSuffix("FATAL     \(failure.why)\n"))
            let start = try daemon.ctl("start", "lost")
            #expect(start.output == "lost: ERROR (\(failure.error))\n")
            #expect(start.errors.contains(failure.why))
            try daemon.wait(forLog: "spawnerr: lost: \(failure.why)")
        }
    }

    @Test("says that the directory is missing, and starts once it is there")
    func missingDirectory() throws {
        try Daemon.prepared("") { daemon in
            let missing = daemon.home + "/later"
            daemon.configure(
                """
                programs:
                  lost:
                    command: sleep 1000
                    directory: \(missing)
                    startretries: forever
                    startsecs: 0
                    backoff: {initial: 50ms, factor: 1}
                """
            )
            try daemon.start()
            let why = "directory: \(missing): No such file or directory"
            try daemon.wait(forLog: "spawnerr: lost: \(why)")
            try eventually("the reason") {
                try daemon.program("lost").why?.hasPrefix(why) == true
            }
            mkdir(missing, 0o755)
            let running = try daemon.wait(for: "lost", "RUNNING")
            #expect(try readLink("/proc/\(running.pid)/cwd") == missing)
        }
    }

    struct End: Sendable, CustomTestStringConvertible {
        let script: String
        let keys: String
        let state: String
        var code: Int?
        var signal: Int?
        let status: String
        let log: String
        var testDescription: String { "\(script), \(keys)" }
    }

    @Test(
        "keeps the exit code, or the signal, of the end",
        arguments: [
            End(
                script: "exit 0",
                keys: "autorestart: unexpected",
                state: "EXITED",
                code: 0,
                status: "EXITED    ",
                log: "(exit status 0; expected)"
            ),
            End(
                script: "exit 7",
                keys: "exitcodes: [0, 7]",
                state: "EXITED",
                code: 7,
                status: "EXITED    ",
                log: "(exit status 7; expected)"
            ),
            End(
                script: "exit 7",
                keys: "autorestart: false",
                state: "EXITED",
                code: 7,
                status: "EXITED    exited with status 7 after ",
                log: "(exit status 7; not expected)"
            ),
            End(
                script: "kill -HUP $$",
                keys: "autorestart: false",
                state: "EXITED",
                signal: 1,
                status: "EXITED    died by SIGHUP after ",
                log: "(terminated by SIGHUP; not expected)"
            ),
        ]
    )
    func ends(end: End) throws {
        try Daemon.running(
            #"programs: {task: {command: [sh, -c, "sleep 0.1; \#(end.script)"], startsecs: 0, \#(end.keys)}}"#
        ) { daemon in
            let task = try daemon.wait(for: "task", end.state)
            #expect(task.exit?.code == end.code)
            #expect(task.exit?.signal == end.signal)
            #expect(task.exit?.coreDumped == false)
            #expect(task.pid == 0)
            #expect(task.runs == 1)
            let status = try daemon.ctl("status")
            #expect(status.output.hasPrefix("task                             \(end.status)"))
            #expect(status.status == 3)
            try daemon.wait(forLog: "exited: task \(end.log)")
        }
    }

    @Test("has the core flag as the kernel tells it")
    func coreFlag() throws {
        try Daemon.running(
            #"""
            programs:
              crash: {command: [sh, -c, "ulimit -c unlimited; sleep 0.1; kill -SEGV $$"], startsecs: 0, autorestart: false}
              plain: {command: [sh, -c, "ulimit -c 0; sleep 0.1; kill -SEGV $$"], startsecs: 0, autorestart: false}
            """#,
            settings: ["directory: /tmp"]
        ) { daemon in
            let plain = try daemon.wait(for: "plain", "EXITED")
            #expect(plain.exit?.signalName == "SIGSEGV")
            #expect(plain.exit?.coreDumped == false)
            #expect(plain.exit?.text == "terminated by SIGSEGV")
            let crash = try daemon.wait(for: "crash", "EXITED")
            #expect(crash.exit?.signal == Int(SIGSEGV))
            // Whether a core can be written depends on the machine; the text agrees with the flag.
            let isDumped = crash.exit?.coreDumped == true
            #expect(
                crash.exit?.text == "terminated by SIGSEGV" + (isDumped ? " (core dumped)" : "")
            )
            try daemon.wait(forLog: "exited: crash (\(crash.exit?.text ?? ""); not expected)")
        }
    }

    @Test("goes back to RUNNING by the rule of autorestart")
    func autorestart() throws {
        try Daemon.running(
            #"""
            programs:
              always: {command: [sh, -c, "sleep 0.5; exit 0"], startsecs: 10ms, autorestart: "true"}
              crash: {command: [sh, -c, "sleep 0.5; exit 1"], startsecs: 10ms, autorestart: unexpected}
              never: {command: [sh, -c, "sleep 0.5; exit 1"], startsecs: 10ms, autorestart: "false"}
            """#
        ) { daemon in
            try eventually("three runs") {
                try daemon.program("always").runs > 2 && daemon.program("crash").runs > 2
            }
            #expect(try daemon.wait(for: "never", "EXITED").runs == 1)
        }
    }

    @Test("is refused at load when the user does not exist")
    func unknownUser() throws {
        try Daemon.prepared("programs: {one: {command: sleep 1, user: no-such-user-here}}") {
            daemon in
            let start = try daemon.run(Daemon.swisord, ["-n", "-c", daemon.file])
            #expect(start.status == 2)
            #expect(start.errors.contains("no-such-user-here"))
        }
    }
}
