// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("The log of a program", .scenarios, .timeLimit(.minutes(10)))
struct LogTests {
    /// The files of a rotated log, the oldest first.
    private func files(_ daemon: Daemon, _ name: String) -> [String] {
        let all = names(in: daemon.home + "/log").filter { $0.hasPrefix(name) }
        func age(_ file: String) -> Int { Int(file.dropFirst(name.count + 1)) ?? 0 }
        return all.sorted { age($0) > age($1) }.map { daemon.scratch.read("log/\($0)") }
    }

    @Test("is rotated at line ends, and no line is lost or doubled")
    func rotation() throws {
        try Daemon.running(
            """
            programs:
              count:
                command: [sh, -c, "seq 1 20000; exec sleep 1000"]
                stdout_logfile_maxbytes: 10KB
                stdout_logfile_backups: 40
            """
        ) { daemon in
            try daemon.wait(forFile: "log/count.log", toHold: "20000\n")
            let files = files(daemon, "count.log")
            #expect(files.count > 8)
            for file in files {
                #expect(file.hasSuffix("\n"))
                #expect(file.utf8.count <= 10 * 1024)
            }
            let lines = files.joined().split(separator: "\n").map(String.init)
            #expect(lines == (1...20000).map(String.init))
        }
    }

    @Test("without backups begins anew at a line, and keeps its end")
    func noBackups() throws {
        try Daemon.running(
            """
            programs:
              count:
                command: [sh, -c, "seq 1 20000; exec sleep 1000"]
                stdout_logfile_maxbytes: 10KB
                stdout_logfile_backups: 0
            """
        ) { daemon in
            try daemon.wait(forFile: "log/count.log", toHold: "20000\n")
            #expect(names(in: daemon.home + "/log") == ["count.err.log", "count.log"])
            let text = daemon.scratch.read("log/count.log")
            #expect(text.utf8.count <= 10 * 1024)
            let lines = text.split(separator: "\n").compactMap { Int($0) }
            #expect(lines == Array((20001 - lines.count)...20000))
        }
    }

    @Test("is kept over restarts of the program and of the daemon")
    func kept() throws {
        try Daemon.running(
            #"programs: {talk: {command: [sh, -c, "echo run; exec sleep 1000"], startsecs: 0}}"#
        ) { daemon in
            try daemon.wait(forFile: "log/talk.log", toHold: "run\n")
            #expect(try daemon.ctl("restart", "talk").status == 0)
            try daemon.wait(forFile: "log/talk.log", toHold: "run\nrun\n")
            daemon.signal(SIGTERM)
            try daemon.finish()
            try daemon.start()
            try daemon.wait(forFile: "log/talk.log", toHold: "run\nrun\nrun\n")
        }
    }

    @Test("holds the last words of a program, at its end and at a shutdown")
    func lastWords() throws {
        try Daemon.running(
            #"""
            programs:
              brief:
                command: [sh, -c, "echo last words"]
                numprocs: 30
                process_name: "%(process_num)02d"
                startsecs: 0
                autorestart: "false"
              polite:
                command: [sh, -c, "trap 'echo farewell; exit 0' TERM; echo ready; while :; do sleep 0.02; done"]
            """#
        ) { daemon in
            for number in 0..<30 {
                let name = (number < 10 ? "0" : "") + String(number)
                try daemon.wait(for: "brief:\(name)", "EXITED")
            }
            try daemon.wait(forFile: "log/polite.log", toHold: "ready")
            daemon.signal(SIGTERM)
            try daemon.finish()
            #expect(daemon.scratch.read("log/polite.log") == "ready\nfarewell\n")
            let logs = names(in: daemon.home + "/log").filter {
                $0.hasPrefix("brief") && !$0.contains(".err.")
            }
            #expect(logs.count == 30)
            for log in logs { #expect(daemon.scratch.read("log/\(log)") == "last words\n") }
        }
    }

    @Test("is no file with NONE, and the program writes into nothing")
    func none() throws {
        try Daemon.running(
            #"programs: {mute: {command: [sh, -c, "echo one; echo two >&2; exec sleep 1000"], startsecs: 0, stdout_logfile: NONE, stderr_logfile: NONE}}"#
        ) { daemon in
            let mute = try daemon.wait(for: "mute", "RUNNING")
            #expect(mute.stdout.path == nil)
            #expect(try readLink("/proc/\(mute.pid)/fd/1") == "/dev/null")
            #expect(names(in: daemon.home + "/log") == [])
        }
    }

    @Test("goes to the daemon's own output with INHERIT, in whole lines with a prefix")
    func inherit() throws {
        try Daemon.running(
            #"""
            programs:
              talk:
                command: [sh, -c, "printf 'half '; sleep 0.1; echo line; echo bad >&2; exec sleep 1000"]
                stdout_logfile: INHERIT
                stderr_logfile: INHERIT
            """#
        ) { daemon in
            try eventually("the line") {
                daemon.process?.output.contains("\ntalk | half line\n") == true
                    && daemon.process?.errors == "talk | bad\n"
            }
        }
    }

    @Test("goes there as it is with inherit_prefix: false, also when that is new in the file")
    func inheritWithoutPrefix() throws {
        func programs(_ keys: String) -> String {
            """
            programs:
              talk:
                command: [sh, -c, "while :; do echo '[1, 2]'; echo bad >&2; sleep 0.05; done"]
                stdout_logfile: INHERIT
                stderr_logfile: INHERIT
                startsecs: 0
                inherit_prefix: \(keys)
            """
        }
        try Daemon.running(programs("false")) { daemon in
            try eventually("the lines") {
                daemon.process?.output.contains("\n[1, 2]\n") == true
                    && daemon.process?.errors.hasPrefix("bad\n") == true
            }
            #expect(daemon.process?.output.contains("talk | ") == false)
            let pid = try daemon.wait(for: "talk", "RUNNING").pid
            daemon.configure(programs("true"))
            #expect(try daemon.ctl("update").status == 0)
            try eventually("its name") {
                daemon.process?.output.contains("\ntalk | [1, 2]\n") == true
            }
            #expect(try daemon.program("talk").pid == pid)
        }
    }

    @Test("is made again when somebody deletes it")
    func deleted() throws {
        try Daemon.running(
            #"programs: {talk: {command: [sh, -c, "while :; do echo tick; sleep 0.02; done"]}}"#
        ) { daemon in
            try daemon.wait(forFile: "log/talk.log", toHold: "tick")
            unlink(daemon.home + "/log/talk.log")
            try daemon.wait(forFile: "log/talk.log", toHold: "tick")
        }
    }

    @Test("on a full disk loses lines, counts them, says so, and lets the program run")
    func fullDisk() throws {
        try Daemon.prepared("") { daemon in
            symlink("/dev", daemon.home + "/devices")
            daemon.configure(
                """
                programs:
                  talk:
                    command: [sh, -c, "while :; do echo tick; sleep 0.02; done"]
                    stdout_logfile: devices/full
                    startsecs: 0
                """
            )
            try daemon.start()
            let info: ProcessInfo = try found("the loss") {
                let info = try daemon.program("talk")
                return info.stdout.lostBytes > 20 ? info : nil
            }
            #expect(info.state == "RUNNING")
            #expect(info.stdout.trouble?.contains("No space left on device") == true)
            let status = try daemon.ctl("status")
            #expect(status.status == 0)
            #expect(status.output.contains(" bytes of output lost: "))
            #expect(status.output.contains("No space left on device"))
            try daemon.wait(forLog: "ERRO the stdout log of talk cannot be written")
            try daemon.wait(forLog: "No space left on device")
            #expect(try daemon.program("talk").pid == info.pid)
        }
    }

    @Test(
        "that is closed tells what has been lost, also of what was to wait for room",
        arguments: ["drop_new", "block"]
    )
    func closed(_ policy: String) throws {
        func program(_ name: String) -> String {
            """

              \(name):
                command: [sh, -c, "echo words; exec sleep 1000"]
                stdout_logfile: \(name)/full
                on_full: \(policy)
                startsecs: 0
            """
        }
        try Daemon.prepared("") { daemon in
            for name in ["gone", "last"] { symlink("/dev", daemon.home + "/" + name) }
            daemon.configure("programs:" + program("gone") + program("last"))
            try daemon.start()
            for name in ["gone", "last"] {
                try daemon.wait(forLog: "ERRO the stdout log of \(name) cannot be written")
            }
            // Who follows goes on with the count.
            try daemon.killManager()
            daemon.configure("programs:" + program("last"))
            #expect(try daemon.ctl("update").status == 0)
            let loss = "is closed; 6 bytes have been lost"
            try daemon.wait(forLog: "WARN the stdout log of gone \(loss)")
            daemon.signal(SIGTERM)
            try daemon.finish()
            #expect(daemon.logLines(containing: "WARN the stdout log of last \(loss)").count == 1)
        }
    }

    @Test(
        "of the daemon itself that cannot be written is an alarm, because nothing else can tell it"
    )
    func activityLogOnFullDisk() throws {
        try Daemon.prepared("") { daemon in
            symlink("/dev", daemon.home + "/devices")
            try daemon.start(["-l", "\(daemon.home)/devices/full"])
            let told = "alarm: the activity log cannot be written: "
            try eventually("the alarm") { try daemon.ctl("status").errors.contains(told) }
            #expect(try daemon.ctl("status").errors.contains("No space left on device"))
        }
    }

    @Test("waits for a directory that does not exist, and says so")
    func missingDirectory() throws {
        try Daemon.running(
            """
            programs:
              talk:
                command: [sh, -c, "while :; do echo tick; sleep 0.02; done"]
                stdout_logfile: later/talk.log
                startsecs: 0
            """
        ) { daemon in
            try eventually("the trouble") {
                try daemon.program("talk").stdout.trouble?.contains("later/talk.log") == true
            }
            #expect(try daemon.program("talk").state == "RUNNING")
            mkdir(daemon.home + "/later", 0o755)
            try daemon.wait(forFile: "later/talk.log", toHold: "tick")
            try eventually("the trouble to end") {
                try daemon.program("talk").stdout.trouble == nil
            }
            try daemon.wait(forLog: "WARN the stdout log of talk is written again; ")
        }
    }

    @Test("that is a link or a pipe, as /dev/stdout may be, stays what it is when it is cleared")
    func strangers() throws {
        try Daemon.prepared("") { daemon in
            symlink("/proc/self/fd/1", daemon.home + "/link")
            mkfifo(daemon.home + "/pipe", 0o600)
            daemon.configure(
                """
                programs:
                  talk:
                    command: [sh, -c, "echo words; exec sleep 1000"]
                    stdout_logfile: link
                    stderr_logfile: pipe
                    startsecs: 0
                """
            )
            try daemon.start()
            try eventually("the trouble") { try daemon.program("talk").stdout.lostBytes == 6 }
            let output = try #require(daemon.process?.output)
            #expect(try daemon.ctl("clear", "talk").status == 1)
            #expect(try daemon.program("talk").state == "RUNNING")
            #expect(try readLink(daemon.home + "/link") == "/proc/self/fd/1")
            var record = stat()
            #expect(lstat(daemon.home + "/pipe", &record) == 0)
            #expect(record.st_mode & S_IFMT == S_IFIFO)
            #expect(daemon.process?.output.hasPrefix(output) == true)
        }
    }

    @Test("has both outputs in their order with redirect_stderr")
    func redirected() throws {
        try Daemon.running(
            #"""
            programs:
              both:
                command: [sh, -c, "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done; echo end; exec sleep 1000"]
                redirect_stderr: true
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/both.log", toHold: "end")
            let lines = daemon.scratch.read("log/both.log").split(separator: "\n")
            #expect(lines == (1...9).flatMap { ["out \($0)", "err \($0)"] } + ["end"])
            #expect(names(in: daemon.home + "/log") == ["both.log"])
        }
    }

    @Test("is written on while a grandchild still has the output")
    func grandchild() throws {
        try Daemon.running(
            #"""
            programs:
              parent:
                command: [sh, -c, "sh -c 'trap \"\" HUP; while [ ! -e go ]; do sleep 0.02; done; echo late' & echo early"]
                stopasgroup: false
                killasgroup: false
                startsecs: 0
                autorestart: "false"
            """#
        ) { daemon in
            try daemon.wait(for: "parent", "EXITED")
            try daemon.wait(forFile: "log/parent.log", toHold: "early")
            daemon.scratch.write("go", "")
            try daemon.wait(forFile: "log/parent.log", toHold: "late")
        }
    }
}
