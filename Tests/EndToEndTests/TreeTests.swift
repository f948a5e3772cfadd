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
    var variables: [String] { ["SWISORD_TREES=\(self == .proc ? "proc" : "cgroup")"] }
}

@Suite("What a program has made", .scenarios, .timeLimit(.minutes(2)))
struct TreeTests {
    private func running(
        _ means: TreeMeans,
        _ programs: String,
        _ body: (Daemon) throws -> Void
    ) throws {
        try Daemon.prepared(programs) { daemon in
            try daemon.start(adding: means.variables)
            try body(daemon)
        }
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
            try daemon.start(adding: TreeMeans.cgroups.variables)
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
            """#
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
            try daemon.start(adding: means.variables)
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
            kill(pid_t(left.pid), SIGKILL)
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
}
