// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("A manager that is killed in the midst of something", .scenarios, .timeLimit(.minutes(10)))
struct InterruptedTests {
    @Test("is followed by one that reads what the guardian had no time to take")
    func unsentReaders() throws {
        try Daemon.running("programs: {first: {command: sleep 1000, startsecs: 0}}") { daemon in
            try daemon.wait(for: "first", "RUNNING")
            let word = daemon.home + "/word"
            daemon.configure(
                """
                defaults: {command: sleep 1000, startsecs: 0}
                programs:
                  first: {}
                  many: {numprocs: 120, process_name: "%(process_num)03d"}
                  talk:
                    command: [sh, -c, "while ! [ -e \(word) ]; do sleep 0.05; done; echo out; echo err >&2; exec sleep 1000"]
                """
            )
            let manager = pid_t(try daemon.managerPid())
            // What its socket has no room for waits in the manager, and dies with it.
            daemon.signal(SIGSTOP)
            kill(manager, SIGHUP)
            try eventually("the last of them") {
                (try? daemon.program("talk").state) == "RUNNING"
            }
            kill(manager, SIGKILL)
            daemon.signal(SIGCONT)
            try eventually("another manager") {
                (try? daemon.managerPid()).map { $0 != manager } ?? false
            }
            daemon.scratch.write("word", "")
            try daemon.wait(forFile: "log/talk.log", toHold: "out\n")
            try daemon.wait(forFile: "log/talk.err.log", toHold: "err\n")
            // And keeps it for those that follow.
            try daemon.killManager()
            #expect(try daemon.programs().filter { $0.state == "RUNNING" }.count == 122)
        }
    }

    @Test("is followed by one that does the reload which a signal has asked for, once")
    func reload() throws {
        try Daemon.running("programs: {}") { daemon in
            // To read this takes longer than to kill whoever does.
            daemon.configure(
                """
                defaults: {stdout_logfile: NONE, stderr_logfile: NONE, startsecs: 0}
                programs:
                  many:
                    command: sleep 1000
                    numprocs: 2000
                    process_name: "%(process_num)04d"
                    autostart: false
                  added: {command: sleep 1000}
                """
            )
            daemon.signal(SIGHUP)
            try daemon.wait(forLog: "received SIGHUP")
            try daemon.killManager()
            try eventually("the reload") { (try? daemon.program("added").state) == "RUNNING" }
            daemon.scratch.write("s.yaml", "programs: {this is: no: configuration\n")
            try daemon.killManager()
            #expect(try daemon.program("added").state == "RUNNING")
            #expect(try daemon.information().reloadError == nil)
        }
    }
}
