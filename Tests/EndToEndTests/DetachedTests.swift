// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("swisord as a daemon", .scenarios, .timeLimit(.minutes(10)))
struct DetachedTests {
    private static let idle = "programs: {idle: {command: sleep 1000, startsecs: 0}}"

    @Test("lets its starter go with 0 once it answers and has started its programs")
    func answersWhenReady() throws {
        try Daemon.prepared(Self.idle) { daemon in
            let starter = try daemon.run(Daemon.swisord, ["-c", daemon.file])
            #expect(starter == Finished(ending: .exit(0), output: "", errors: ""))
            // No waiting from here on: whoever has the answer may use the daemon.
            let information = try daemon.information()
            #expect(try daemon.program("idle").runs == 1)
            let pid = information.pid
            #expect(try readLink("/proc/\(pid)/fd/0") == "/dev/null")
            #expect(try readLink("/proc/\(pid)/fd/1") == "/dev/null")
            #expect(try readLink("/proc/\(pid)/fd/2") == "/dev/null")
            #expect(getsid(pid_t(pid)) == pid_t(pid), "it has a session of its own")
            let outputs = names(in: "/proc/\(pid)/fd").filter {
                (try? readLink("/proc/\(pid)/fd/\($0)"))?.contains("/call-") == true
            }
            #expect(outputs == [], "the starter's outputs are closed")
            #expect(try daemon.ctl("shutdown").status == 0)
            try eventually("its end") { !isAlive(pid) }
        }
    }

    @Test("does not hold a pipe of its starter open")
    func leavesPipes() throws {
        try Daemon.prepared(Self.idle) { daemon in
            // `cat` ends only when nobody holds the other end of its pipe any more.
            let starter = try daemon.run(
                "/bin/sh",
                ["-c", "'\(Daemon.swisord)' -c '\(daemon.file)' 3>&1 | cat; echo over"]
            )
            #expect(starter.output == "over\n")
            #expect(try daemon.information().programs == 1)
        }
    }

    @Test("says why it cannot start: an unusable configuration is 2")
    func badConfiguration() throws {
        try Daemon.prepared("programs: {idle: {comand: sleep 1}}") { daemon in
            let starter = try daemon.run(Daemon.swisord, ["-c", daemon.file])
            #expect(starter.status == 2)
            #expect(starter.errors.contains("did you mean 'command'?"))
            #expect(names(in: daemon.home).contains("run") == false, "nothing was touched")
        }
    }

    @Test("says why it cannot start: a missing file is 2")
    func missingConfiguration() throws {
        try Daemon.prepared(Self.idle) { daemon in
            let starter = try daemon.run(Daemon.swisord, ["-c", daemon.home + "/nope.yaml"])
            #expect(starter.status == 2)
            #expect(starter.errors.contains("nope.yaml"))
            #expect(starter.errors.contains("No such file or directory"))
        }
    }

    @Test("says why it cannot start: a directory that cannot be made is 1")
    func badDirectory() throws {
        try Daemon.prepared(Self.idle) { daemon in
            daemon.scratch.write("run", "a file, where the directory should be")
            for mode in [["-n"], []] {
                let starter = try daemon.run(Daemon.swisord, mode + ["-c", daemon.file])
                #expect(starter.status == 1)
                #expect(starter.errors.contains("swisord: "))
                #expect(starter.errors.contains("\(daemon.home)/run"))
            }
        }
    }

    @Test("says why it cannot start: a runtime directory that it may not write to is 1")
    func unwritableDirectory() throws {
        try Daemon.prepared(Self.idle) { daemon in
            // /proc takes no new directory, whoever asks.
            daemon.scratch.write(
                "s.yaml",
                "swisord: {runtime_dir: /proc/nope/run, state_dir: \(daemon.home)/state}\n"
            )
            let starter = try daemon.run(Daemon.swisord, ["-c", daemon.file])
            #expect(starter.status == 1)
            #expect(starter.errors.contains("/proc/nope"))
        }
    }

    @Test("writes its pid file and removes it, and takes its options over the file's")
    func options() throws {
        try Daemon.prepared(Self.idle) { daemon in
            let home = daemon.home
            let starter = try daemon.run(
                Daemon.swisord,
                [
                    "-c", daemon.file, "-l", "\(home)/other.log", "-j", "\(home)/pid", "-i", "me",
                    "-d", "\(home)/log", "-m", "027", "-e", "debug",
                ]
            )
            #expect(starter.status == 0)
            let information = try daemon.information()
            #expect(daemon.scratch.read("pid") == "\(information.pid)\n")
            #expect(information.identifier == "me")
            #expect(information.logfile.path == "\(home)/other.log")
            #expect(daemon.scratch.read("other.log").contains("started with pid"))
            let manager = try daemon.managerPid(of: information.pid)
            #expect(try readLink("/proc/\(manager)/cwd") == "\(home)/log")
            #expect(statusField("Umask", of: manager) == "0027")
            #expect(try daemon.ctl("shutdown").status == 0)
            try eventually("its end") { !isAlive(information.pid) }
            #expect(!names(in: home).contains("pid"))
        }
    }

    @Test("tells its version and its usage")
    func version() throws {
        try Daemon.prepared("") { daemon in
            #expect(try daemon.run(Daemon.swisord, ["-v"]).output == "swisord 0.1.0\n")
            let help = try daemon.run(Daemon.swisord, ["-h"])
            #expect(help.status == 0)
            #expect(help.output.contains("USAGE: swisord"))
            #expect(try daemon.run(Daemon.swisord, ["--frob"]).status != 0)
        }
    }
}
