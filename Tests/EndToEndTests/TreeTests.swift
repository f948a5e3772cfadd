// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

/// How the processes of a program are known.
enum TreeMeans: String, CaseIterable, CustomTestStringConvertible {
    /// By cgroups, where the machine has them.
    case cgroups
    /// By what /proc tells.
    case proc

    var testDescription: String { rawValue }
    /// Whether cgroups of version 2 can be made here, as far as one can see from outside.
    static var hasCgroups: Bool {
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].contains {
            access("\($0)/cgroup.procs", W_OK) == 0
        }
    }
    /// The default finds out by itself.
    var settings: [String] { self == .proc ? ["process_trees: proc"] : [] }
}

@Suite("What a program has made", .scenarios, .timeLimit(.minutes(10)))
struct TreeTests {
    private func running(
        _ means: TreeMeans,
        _ programs: String,
        _ body: (Daemon) throws -> Void
    ) throws {
        try Daemon.running(programs, settings: means.settings, body)
    }

    private func processes(_ daemon: Daemon, _ name: String) throws -> [ProcessInfo.Member] {
        let list: ProgramList = try daemon.ask("GET", "/v1/trees?select=\(name)").decoded()
        return try #require(list.programs.first?.processes)
    }

    @Test(
        "dies with a stop, also what has left its session and its parents",
        arguments: TreeMeans.allCases
    )
    func escapee(means: TreeMeans) throws {
        try running(
            means,
            #"""
            programs:
              far:
                command: [sh, -c, "setsid sh -c 'setsid sleep 1000 & exec sleep 1000' & exec sleep 1000"]
                stopwaitsecs: 100ms
            """#
        ) { daemon in
            var pids: [Int] = []
            try eventually("three processes") {
                pids = try processes(daemon, "far").filter { $0.command.hasPrefix("sleep") }
                    .map(\.pid)
                return pids.count == 3
            }
            let tree = try daemon.ctl("status", "--tree", "far").output
            for pid in pids { #expect(tree.contains("\(pid) S  0:0"), "\(tree)") }
            #expect(!tree.contains("left over"))
            #expect(try daemon.ctl("stop", "far").output == "far: stopped\n")
            for pid in pids { #expect(!isAlive(pid)) }
            #expect(try processes(daemon, "far").isEmpty)
        }
    }

    /// What /proc tells is old when it is read, so this is promised with cgroups alone.
    @Test("dies with a stop, however fast it moves", .enabled(if: TreeMeans.hasCgroups))
    func movingTarget() throws {
        try Daemon.prepared(
            #"""
            programs:
              hare:
                command: [sh, -c, "setsid sh %(here)s/move 20000 & trap : TERM; while :; do sleep 1000; done"]
                stopwaitsecs: 100ms
                startsecs: 0
            """#
        ) { daemon in
            // Each makes the next and ends; the last of them would say so.
            let move = "\(daemon.scratch.path)/move"
            _ = daemon.scratch.write(
                "move",
                "echo $1 > \(move).at; [ $1 = 0 ] || setsid sh \(move) $(($1 - 1)) &\n"
            )
            try daemon.start()
            func place() -> Int { Int(daemon.scratch.read("move.at").dropLast()) ?? 20_000 }
            try eventually("the chase") { place() < 19_990 }
            #expect(try daemon.ctl("stop", "hare").output == "hare: stopped\n")
            // The daemon itself, of which there may be two.
            #expect(Scratch.processes(marked: daemon.scratch.mark).count <= 2)
            let end = daemon.scratch.read("move.at")
            #expect(end != "0\n")
            _ = try daemon.ctl("status")
            #expect(daemon.scratch.read("move.at") == end)
        }
    }

    @Test(
        "dies with a stop, also two hundred that fork whenever they can",
        arguments: TreeMeans.allCases
    )
    func forkBomb(means: TreeMeans) throws {
        try Daemon.prepared(
            #"""
            programs:
              bomb:
                command: [sh, "%(here)s/bomb", "7"]
                stopwaitsecs: 100ms
                startsecs: 0
            """#,
            settings: means.settings
        ) { daemon in
            let bomb = "\(daemon.scratch.path)/bomb"
            // 2 to the power of 7 that stay, each in a session of its own.
            _ = daemon.scratch.write(
                "bomb",
                """
                trap '' TERM
                for n in 1 2; do [ $1 = 0 ] || setsid sh \(bomb) $(($1 - 1)) & done
                while :; do sleep 1000; done
                """
            )
            try daemon.start()
            try eventually("many") { try processes(daemon, "bomb").count > 60 }
            #expect(try daemon.ctl("stop", "bomb").output == "bomb: stopped\n")
            // The daemon itself, of which there may be two.
            #expect(Scratch.processes(marked: daemon.scratch.mark).count <= 2)
            #expect(try processes(daemon, "bomb").isEmpty)
        }
    }

    @Test("is shown when it outlives an exit, and is left alone", arguments: TreeMeans.allCases)
    func leftovers(means: TreeMeans) throws {
        try running(
            means,
            #"""
            programs:
              brief:
                command: [sh, -c, "setsid sleep 1000 & exit 0"]
                startsecs: 0
                autorestart: false
            """#
        ) { daemon in
            try eventually("the leftover") { try daemon.program("brief").leftovers == 1 }
            let left = try #require(processes(daemon, "brief").first)
            #expect(left.isLeftover)
            #expect(left.command == "sleep 1000")
            let lines = try daemon.ctl("status", "--tree").output
            #expect(lines.contains("; 1 process left over\n"))
            #expect(lines.contains("sleep 1000  left over\n"))
            #expect(isAlive(left.pid))
            // Also by a manager that has not seen it happen, whichever run it was.
            _ = try daemon.ctl("start", "brief")
            try eventually("both leftovers") { try daemon.program("brief").leftovers == 2 }
            try daemon.killManager()
            try eventually("both again") { try daemon.program("brief").leftovers == 2 }
            for left in try processes(daemon, "brief") { kill(pid_t(left.pid), SIGKILL) }
            try eventually("nothing left") { try daemon.program("brief").leftovers == nil }
        }
    }

    @Test("is killed when it outlives an exit, if that is asked for", arguments: TreeMeans.allCases)
    func leftoversStopped(means: TreeMeans) throws {
        try running(
            means,
            #"""
            programs:
              brief:
                command: [sh, -c, "setsid sh -c 'echo $$; exec sleep 1000' & sleep 0.5"]
                startsecs: 0
                autorestart: false
                leftovers: stop
            """#
        ) { daemon in
            try daemon.wait(for: "brief", "EXITED")
            try daemon.wait(forFile: "log/brief.log", toHold: "\n")
            let pid = try #require(Int(daemon.scratch.read("log/brief.log").dropLast()))
            try eventually("the end of \(pid)") { !isAlive(pid) }
            try eventually("nothing left") { try daemon.program("brief").leftovers == nil }
        }
    }

    @Test(
        "gets the stop signal as well, once its program has seen to its own",
        arguments: TreeMeans.allCases
    )
    func asked(means: TreeMeans) throws {
        try running(
            means,
            #"""
            programs:
              far:
                command: [sh, "%(here)s/far"]
                stopwaitsecs: never
                stdout_logfile: "%(here)s/far.log"
            """#
        ) { daemon in
            let script = """
                setsid sh -c 'trap "echo asked; exit" TERM; echo ready; while :; do sleep 0.01; done' &
                exec sleep 1000
                """
            daemon.scratch.write("far", script)
            try daemon.wait(forFile: "far.log", toHold: "ready")
            #expect(try daemon.ctl("stop", "far").output == "far: stopped\n")
            try daemon.wait(forFile: "far.log", toHold: "asked")
        }
    }

    @Test(
        "costs an ordinary stop no look at all processes",
        arguments: TreeMeans.allCases
    )
    func ordinary(means: TreeMeans) throws {
        try running(
            means,
            #"""
            programs:
              plain: {command: [sh, -c, "sleep 1000 & wait"]}
              brief: {command: [sh, -c, "sleep 0.01"], startsecs: 0, autorestart: false}
            """#
        ) { daemon in
            guard exists("/proc/self/task/\(getpid())/children") else { return }
            try daemon.wait(for: "brief", "EXITED")
            #expect(try daemon.ctl("stop", "plain").output == "plain: stopped\n")
            let manager = try daemon.managerPid()
            let threads = names(in: "/proc/\(manager)/task").map {
                contents("/proc/\(manager)/task/\($0)/comm")
            }
            #expect(threads.contains("swisord\n"))
            #expect(!threads.contains("trees\n"), "\(threads)")
        }
    }

    @Test("may stay where the process group alone is asked for, and is shown all the same")
    func groupOnly() throws {
        try Daemon.running(
            #"""
            programs:
              far: {command: [sh, -c, "setsid sleep 1000 & exec sleep 1000"]}
            """#,
            settings: ["process_trees: group"]
        ) { daemon in
            var pids: [Int] = []
            try eventually("two processes") {
                pids = try processes(daemon, "far").filter { $0.command.hasPrefix("sleep") }
                    .map(\.pid)
                return pids.count == 2
            }
            #expect(try daemon.ctl("stop", "far").output == "far: stopped\n")
            #expect(pids.filter(isAlive).count == 1)
        }
    }

    @Test("has ended before its program starts again, if that is asked for")
    func restartWaits() throws {
        let freezer = "/sys/fs/cgroup/freezer/swisord-test-\(getpid())"
        // A process in a frozen group of version 1 does not even die.
        guard isRoot, mkdir(freezer, 0o755) == 0 else { return }
        defer {
            _ = Scratch.overwrite("\(freezer)/freezer.state", "THAWED")
            try? eventually("an empty freezer") { rmdir(freezer) == 0 }
        }
        try running(
            .cgroups,
            #"""
            programs:
              brief:
                command: [sh, -c, "setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000"]
                startsecs: 100ms
                autorestart: true
                leftovers: stop
            """#
        ) { daemon in
            try daemon.wait(forFile: "log/brief.log", toHold: "\n")
            let left = try #require(Int(daemon.scratch.read("log/brief.log").dropLast()))
            #expect(Scratch.overwrite("\(freezer)/cgroup.procs", "\(left)"))
            #expect(Scratch.overwrite("\(freezer)/freezer.state", "FROZEN"))
            try eventually("the freeze") { contents("\(freezer)/freezer.state") == "FROZEN\n" }
            let first = try daemon.wait(for: "brief", "RUNNING").pid
            kill(pid_t(first), SIGKILL)
            let waiting = try daemon.wait(for: "brief", "BACKOFF")
            let why = "1 process of the last run has not ended, 0 of 3 retries"
            #expect(waiting.why?.contains(why) == true, "\(waiting.why ?? "")")
            #expect(waiting.leftovers == 1)
            #expect(isAlive(left))
            #expect(Scratch.overwrite("\(freezer)/freezer.state", "THAWED"))
            let next = try daemon.wait(for: "brief", "RUNNING")
            #expect(next.pid != first)
            #expect(!isAlive(left))
            #expect(next.leftovers == nil)
        }
    }

    @Test(
        "leaves no cgroup behind: not at the end, nor when all were killed and started again",
        .enabled(if: TreeMeans.hasCgroups)
    )
    func emptyGroups() throws {
        try running(
            .cgroups,
            "programs: {idle: {command: [sleep, '1000']}, other: {command: [sleep, '1000']}}"
        ) { daemon in
            let idle = try daemon.wait(for: "idle", "RUNNING").pid
            let other = try daemon.wait(for: "other", "RUNNING").pid
            let own = try #require(Self.cgroup(of: idle))
            let home = try #require(own.lastIndex(of: "/").map { String(own[..<$0]) })
            func groups() -> Int { names(in: home).count { $0.contains(":") } }
            #expect(groups() == 2)
            try daemon.killManager()
            #expect(groups() == 2)
            try daemon.killBoth()
            kill(pid_t(idle), SIGKILL)
            try eventually("the end of \(idle)") { !isAlive(idle) }
            try daemon.start()
            #expect(Self.cgroup(of: other)?.hasPrefix(home + "/") == true)
            let next = try daemon.wait(for: "idle", "RUNNING").pid
            #expect(Self.cgroup(of: next)?.hasPrefix(home + "/") == true)
            #expect(groups() == 2)
            _ = try daemon.ctl("shutdown")
            try daemon.finish()
            #expect(!exists(home), "\(names(in: home))")
        }
    }

    /// The directory of a process's cgroup of version 2.
    private static func cgroup(of pid: Int) -> String? {
        let line = contents("/proc/\(pid)/cgroup").split(separator: "\n").first {
            $0.hasPrefix("0::/")
        }
        return ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].lazy
            .compactMap { root in line.map { root + $0.dropFirst(3) } }
            .first { exists("\($0)/cgroup.procs") }
    }
}
