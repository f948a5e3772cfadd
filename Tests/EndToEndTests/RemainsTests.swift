// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

/// Where what is left of a run is to be found.
struct Remains: Sendable, CustomTestStringConvertible {
    let means: String
    /// Whether it has left the session of its program.
    let hasLeft: Bool

    var testDescription: String { hasLeft ? "\(means), in another session" : means }
    var settings: [String] { ["process_trees: \(means)"] }

    static let all = [
        Remains(means: "auto", hasLeft: false), Remains(means: "auto", hasLeft: true),
        Remains(means: "proc", hasLeft: false), Remains(means: "proc", hasLeft: true),
        Remains(means: "group", hasLeft: false),
    ]
}

@Suite(
    "What is left of a program that was being stopped when all was killed",
    .scenarios,
    .timeLimit(.minutes(10))
)
struct RemainsTests {
    /// The leader ends when it is asked to and there is a word for it, its child when there is one
    /// for that.
    private func running(
        _ remains: Remains,
        orphans: String = "adopt",
        wait: String = "never",
        _ body: (Daemon) throws -> Void
    ) throws {
        try Daemon.prepared("") { daemon in
            let home = daemon.home
            for name in ["gate", "end"] { mkfifo("\(home)/\(name)", 0o600) }
            daemon.scratch.write(
                "child",
                "trap '' TERM; echo $$ >> \(home)/children; read x < \(home)/gate\n"
            )
            let start = remains.hasLeft ? "setsid sh" : "sh"
            daemon.scratch.write(
                "far",
                """
                echo $$ >> \(home)/leaders
                \(start) \(home)/child &
                trap 'read x < \(home)/end; exit 0' TERM
                while :; do sleep 0.05; done
                """
            )
            daemon.configure(
                """
                programs:
                  far: {command: [sh, "\(home)/far"], stopwaitsecs: \(wait), startsecs: 0}
                """,
                settings: remains.settings + ["orphans: \(orphans)"]
            )
            try daemon.start()
            try eventually("its child") { !pids(daemon, "children").isEmpty }
            try body(daemon)
        }
    }

    private func pids(_ daemon: Daemon, _ file: String) -> [Int] {
        daemon.scratch.read(file).split(separator: "\n").compactMap { Int($0) }
    }

    /// Kills all while the child of the program is being waited for; says who it is.
    private func killAmidStop(_ daemon: Daemon) throws -> Int {
        let leader = try #require(pids(daemon, "leaders").first)
        let child = try #require(pids(daemon, "children").first)
        let client = try daemon.launch(Daemon.swisordctl, ["-c", daemon.file, "stop", "far"])
        daemon.scratch.write("end", "x\n")
        try eventually("the end of its leader") { processState(leader) == nil }
        // It would ask the next daemon as well.
        client.end()
        try daemon.killBoth()
        return child
    }

    @Test("is stopped by the next start before there is another run", arguments: Remains.all)
    func goesOn(_ remains: Remains) throws {
        for policy in ["adopt", "stop"] {
            try running(remains, orphans: policy) { daemon in
                let child = try killAmidStop(daemon)
                try daemon.start()
                try daemon.wait(
                    forLog: "far: 1 process is left of the run before; its stop goes on"
                )
                try daemon.killManager()
                #expect(try daemon.program("far").state == "STOPPING")
                #expect(pids(daemon, "leaders").count == 1)
                #expect(isAlive(child))
                daemon.scratch.write("gate", "x\n")
                try daemon.wait(for: "far", "RUNNING")
                #expect(!isAlive(child))
                try eventually("a child") { pids(daemon, "children").count == 2 }
                #expect(pids(daemon, "leaders").count == 2)
            }
        }
    }

    @Test("is found also when the control socket is another one by then")
    func otherSocket() throws {
        try running(Remains(means: "proc", hasLeft: true)) { daemon in
            let child = try killAmidStop(daemon)
            let text = daemon.scratch.read("s.yaml")
            let other = "swisord:\n  socket: \(daemon.home)/other.sock\n"
            daemon.scratch.write("s.yaml", other + text.dropFirst("swisord:\n".count))
            _ = try daemon.launch(Daemon.swisord, ["-n", "-c", daemon.file])
            try daemon.wait(forLog: "far: 1 process is left of the run before; its stop goes on")
            #expect(isAlive(child))
            #expect(pids(daemon, "leaders").count == 1)
        }
    }

    @Test("is killed by the next start when its time is over", arguments: Remains.all)
    func killed(_ remains: Remains) throws {
        // Long enough for all to be killed before, on a machine that is busy.
        try running(remains, wait: "10s") { daemon in
            let child = try killAmidStop(daemon)
            try daemon.start()
            try daemon.wait(for: "far", "RUNNING")
            #expect(!isAlive(child))
            #expect(daemon.logLines(containing: "killing 'far'").count >= 1)
            try eventually("another run") { pids(daemon, "leaders").count == 2 }
        }
    }

    @Test("is left alone where that is asked for, and nothing is started", arguments: Remains.all)
    func leftAlone(_ remains: Remains) throws {
        try running(remains, orphans: "leave") { daemon in
            let child = try killAmidStop(daemon)
            try daemon.start()
            try daemon.wait(for: "far", "FATAL")
            try daemon.wait(forLog: "far: pid \(child) of an earlier daemon is left alone")
            for _ in 1...2 {
                try daemon.killManager()
                _ = try daemon.ctl("start", "far")
                let why = try daemon.wait(for: "far", "FATAL").why
                #expect(why?.contains("pid \(child)") == true)
            }
            #expect(isAlive(child))
            #expect(daemon.logLines(containing: "is left alone").count == 1)
            daemon.scratch.write("gate", "x\n")
            try eventually("the place to be free") {
                _ = try daemon.ctl("start", "far")
                return try daemon.program("far").state == "RUNNING"
            }
            #expect(pids(daemon, "leaders").count == 2)
        }
    }

    @Test("is stopped also when its leader ended while there was nobody", arguments: Remains.all)
    func endsUnseen(_ remains: Remains) throws {
        try running(remains) { daemon in
            let leader = try #require(pids(daemon, "leaders").first)
            let child = try #require(pids(daemon, "children").first)
            let client = try daemon.launch(Daemon.swisordctl, ["-c", daemon.file, "stop", "far"])
            try daemon.wait(for: "far", "STOPPING")
            client.end()
            try daemon.killBoth()
            kill(pid_t(leader), SIGKILL)
            try eventually("the end of its leader") { !isAlive(leader) }
            try daemon.start()
            try daemon.wait(forLog: "stopped: far (")
            #expect(try daemon.program("far").state == "STOPPING")
            #expect(isAlive(child))
            daemon.scratch.write("gate", "x\n")
            try daemon.wait(for: "far", "RUNNING")
            #expect(!isAlive(child))
        }
    }

    @Test("of one that ended by itself while there was nobody is told")
    func leftover() throws {
        try running(Remains(means: "proc", hasLeft: true)) { daemon in
            let leader = try #require(pids(daemon, "leaders").first)
            let child = try #require(pids(daemon, "children").first)
            try daemon.killBoth()
            kill(pid_t(leader), SIGKILL)
            try eventually("the end of its leader") { !isAlive(leader) }
            try daemon.start()
            try daemon.wait(forLog: "far has left processes behind: 1")
            #expect(isAlive(child))
        }
    }

    @Test(
        "is waited for no longer than it lives, once it has been taken back",
        arguments: Remains.all
    )
    func takenBack(_ remains: Remains) throws {
        try running(remains) { daemon in
            let leader = try #require(pids(daemon, "leaders").first)
            let child = try #require(pids(daemon, "children").first)
            try daemon.killBoth()
            try daemon.start()
            #expect(try daemon.program("far").pid == leader)
            let stop = try daemon.launch(Daemon.swisordctl, ["-c", daemon.file, "stop", "far"])
            daemon.scratch.write("end", "x\n")
            try eventually("the end of its leader") { !isAlive(leader) }
            try daemon.wait(forLog: "stopped: far (")
            #expect(try daemon.program("far").state == "STOPPING")
            #expect(isAlive(child))
            daemon.scratch.write("gate", "x\n")
            #expect(try stop.finish().output == "far: stopped\n")
        }
    }
}
