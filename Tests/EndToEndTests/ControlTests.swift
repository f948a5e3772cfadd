// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("The control channel", .scenarios, .timeLimit(.minutes(10)))
struct ControlTests {
    private struct Exchange {
        let method: String
        let path: String
        let target: String
        var body = ""
        let status: Int
        let holds: String

        init(
            _ method: String,
            _ path: String,
            at target: String? = nil,
            body: String = "",
            _ status: Int,
            _ holds: String
        ) {
            (self.method, self.path, self.target) = (method, path, target ?? path)
            (self.body, self.status, self.holds) = (body, status, holds)
        }
    }

    private static let named = "/v1/programs/{names}/"
    private static let log = "/v1/programs/{name}/logs/{channel}"

    private static let exchanges = [
        Exchange("GET", "/v1/programs", 200, #""name":"idle""#),
        Exchange("GET", "/v1/programs", at: "/v1/programs?select=no*", 200, #""missing":[{"#),
        Exchange("GET", "/v1/programs/{name}", at: "/v1/programs/idle", 200, #""state":"RUNNING""#),
        Exchange("GET", "/v1/programs/{name}", at: "/v1/programs/nope", 404, #""no_such_process""#),
        Exchange("POST", named + "stop", at: "/v1/programs/idle/stop", 200, #""action":"stopped""#),
        Exchange("POST", named + "stop", at: "/v1/programs/idle/stop", 409, #""not_running""#),
        Exchange(
            "POST",
            named + "start",
            at: "/v1/programs/idle/start",
            200,
            #""action":"started""#
        ),
        Exchange(
            "POST",
            named + "start",
            at: "/v1/programs/idle/start",
            409,
            #""already_started""#
        ),
        Exchange("POST", named + "start", at: "/v1/programs/lost/start", 422, #""no_such_file""#),
        Exchange("POST", named + "restart", at: "/v1/programs/idle/restart", 200, #""stopped""#),
        Exchange(
            "POST",
            named + "signal",
            at: "/v1/programs/idle/signal",
            body: #"{"signal": "CONT"}"#,
            200,
            #""signalled""#
        ),
        Exchange(
            "POST",
            named + "signal",
            at: "/v1/programs/idle/signal?signal=NO",
            400,
            "bad_signal"
        ),
        Exchange("POST", named + "clear", at: "/v1/programs/idle/clear", 200, #""cleared""#),
        Exchange("GET", log, at: "/v1/programs/idle/logs/stdout?bytes=10", 200, ""),
        Exchange("GET", log, at: "/v1/programs/nope/logs/stdout", 404, #""no_such_process""#),
        Exchange("GET", log, at: "/v1/programs/idle/logs/stdin", 404, #""not_found""#),
        Exchange("GET", log, at: "/v1/programs/idle/logs/stdout?bytes=-1", 400, #""bad_request""#),
        Exchange("GET", "/v1/daemon", 200, #""state":"RUNNING""#),
        Exchange("GET", "/v1/daemon/log", at: "/v1/daemon/log?bytes=99999", 200, "spawned: 'idle'"),
        Exchange("POST", "/v1/daemon/reload", 200, #""applied":true"#),
        Exchange("POST", "/v1/daemon/reopen-logs", 200, #""pid":"#),
        Exchange("GET", "/v1/config/plan", 200, #""applied":false"#),
        Exchange("POST", "/v1/config/apply", 200, #""applied":true"#),
        Exchange(
            "POST",
            "/v1/config/apply",
            at: "/v1/config/apply?groups=no",
            404,
            "no_such_group"
        ),
        Exchange(
            "POST",
            "/v1/upgrade",
            at: "/v1/upgrade?path=/nonexistent/swisord",
            500,
            #""failed""#
        ),
        Exchange("GET", "/v1/trees", 200, #""idle""#),
        Exchange("POST", "/v1/events", body: #"{"type":"a"}"#, 200, #""state":"RUNNING""#),
        Exchange("POST", "/v1/events", body: #"{"type":"a\nb"}"#, 400, #""bad_request""#),
        Exchange("GET", "/v1/events", at: "/v1/events?types=TOCK", 400, #""bad_request""#),
        Exchange("GET", "/v1/nothing", 404, #""not_found""#),
        Exchange(
            "DELETE",
            "/v1/programs/{name}",
            at: "/v1/programs/idle",
            405,
            "method_not_allowed"
        ),
        Exchange("GET", "/v1/config/available", 200, #""idle""#),
        Exchange("POST", "/v1/daemon/log/clear", 200, ""),
        Exchange(
            "POST",
            "/v1/programs/{name}/stdin",
            at: "/v1/programs/nope/stdin",
            body: "x",
            404,
            #""no_such_process""#
        ),
        Exchange(
            "POST",
            "/v1/groups/{names}/add",
            at: "/v1/groups/nope/add",
            404,
            #""no_such_group""#
        ),
        Exchange(
            "POST",
            "/v1/groups/{names}/remove",
            at: "/v1/groups/nope/remove",
            404,
            #""no_such_group""#
        ),
        Exchange("GET", "/v1/daemon/log/piece", 200, ""),
        Exchange("GET", log + "/piece", at: "/v1/programs/idle/logs/stdout/piece", 200, ""),
        Exchange("POST", "/v1/daemon/restart", 200, #""state":"#),
        Exchange("GET", "/v1/daemon", at: "/v1/daemon?frob=1", 400, #""bad_request""#),
        Exchange("POST", "/v1/daemon/shutdown", 200, #""state":"SHUTDOWN""#),
    ]

    @Test("answers at every address, also when asked for what is wrong")
    func routes() throws {
        let tried = Set(Self.exchanges.map { "\($0.method) \($0.path)" })
        let known = Set(Routes.all.map { "\($0.method.rawValue) \($0.path)" })
        #expect(known.subtracting(tried).isEmpty)
        try Daemon.running(
            """
            programs:
              idle: {command: sleep 1000, startsecs: 0}
              lost: {command: /nope, autostart: false}
            """
        ) { daemon in
            try daemon.wait(for: "idle", "RUNNING")
            for exchange in Self.exchanges {
                let answer = try daemon.ask(exchange.method, exchange.target, body: exchange.body)
                let what = "\(exchange.method) \(exchange.target)"
                #expect(answer.status == exchange.status, "\(what): \(answer.text)")
                let isThere = exchange.holds.isEmpty || answer.text.contains(exchange.holds)
                #expect(isThere, "\(what): \(answer.text)")
                guard answer.status >= 400 else { continue }
                #expect(answer.text.hasPrefix(#"{"error":{"code":""#), "\(what): \(answer.text)")
            }
            #expect(try daemon.finish().ending == .exit(0))
        }
    }

    @Test("tells every change of state, in order and numbered without a gap")
    func events() throws {
        try Daemon.running(
            "programs: {idle: {command: sleep 1000, startsecs: 0, autostart: false}}"
        ) { daemon in
            let events = try EventWatch(daemon.socket)
            #expect(try daemon.ctl("start", "idle").status == 0)
            let pid = try daemon.program("idle").pid
            #expect(try daemon.ctl("stop", "idle").status == 0)
            daemon.signal(SIGTERM)
            try daemon.finish()
            let notes = try events.notes()
            let steps = notes.map { "\($0.name ?? "") \($0.from ?? "") \($0.to ?? "")" }
            #expect(
                steps == [
                    "idle STOPPED STARTING", "idle STARTING RUNNING", "idle RUNNING STOPPING",
                    "idle STOPPING STOPPED", " RUNNING STOPPING", " STOPPING SHUTDOWN",
                ]
            )
            #expect(zip(notes, notes.dropFirst()).allSatisfy { $0.serial + 1 == $1.serial })
            #expect(notes[1].pid == pid)
            #expect(notes[3].exit == "terminated by SIGTERM")
            #expect(notes[5].type == .daemonState)
        }
    }

    @Test("answers a status at once while another client waits for a slow start")
    func doesNotBlock() throws {
        try Daemon.running(
            "programs: {slow: {command: sleep 1000, startsecs: 1000, autostart: false}}"
        ) { daemon in
            let waiting = try daemon.launch(
                Daemon.swisordctl,
                ["-c", daemon.file, "start", "slow"]
            )
            try daemon.wait(for: "slow", "STARTING")
            #expect(try daemon.ctl("status").output.contains("STARTING"))
            #expect(!waiting.isOver)
            // Another client's stop ends the wait, and says what became of the start.
            #expect(try daemon.ctl("stop", "slow").output == "slow: stopped\n")
            let answer = try waiting.finish()
            #expect(answer.output == "slow: ERROR (abnormal termination)\n")
            #expect(answer.status == 7)
        }
    }

    @Test("answers all of many clients with conflicting commands, and ends consistent")
    func conflicts() throws {
        try Daemon.running(
            """
            programs:
              idle: {command: sleep 1000, startsecs: 10ms}
            """
        ) { daemon in
            try daemon.wait(for: "idle", "RUNNING")
            let verbs = ["start", "stop", "restart"]
            let clients = try (0..<18).map { number in
                try daemon.launch(
                    Daemon.swisordctl,
                    ["-c", daemon.file, verbs[number % 3], "idle"]
                )
            }
            let known: Set<String> = [
                "idle: started", "idle: stopped", "idle: ERROR (already started)",
                "idle: ERROR (not running)", "idle: ERROR (abnormal termination)",
            ]
            for client in clients {
                let answer = try client.finish()
                #expect(!answer.lines.isEmpty)
                #expect(Set(answer.lines).subtracting(known) == [], "\(answer)")
            }
            #expect(children(of: daemon.pid).count <= 1, "never two at once")
            _ = try daemon.ctl("stop", "idle")
            #expect(try daemon.program("idle").state == "STOPPED")
            #expect(children(of: daemon.pid) == [])
            #expect(!daemon.log.contains("impossible transition"))
        }
    }

    @Test("gives a command that a client has left half-way a chance to end")
    func clientGone() throws {
        try Daemon.running(
            "programs: {slow: {command: sleep 1000, startsecs: 300ms, autostart: false}}"
        ) { daemon in
            let client = try daemon.launch(Daemon.swisordctl, ["-c", daemon.file, "start", "slow"])
            try eventually("the start") { try daemon.program("slow").runs == 1 }
            client.end()
            try daemon.wait(for: "slow", "RUNNING")
            #expect(try daemon.ctl("status").status == 0)
        }
    }
}

/// The pids of a process's children that live.
private func children(of pid: Int) -> [Int] {
    names(in: "/proc").compactMap { Int($0) }.filter {
        statusField("PPid", of: $0) == String(pid) && isAlive($0)
            && contents("/proc/\($0)/comm") != "swisord\n"
    }
}
