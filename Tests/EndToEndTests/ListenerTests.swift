// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("Event listeners", .scenarios, .timeLimit(.minutes(10)))
struct ListenerTests {
    /// A listener that writes each event into a file, and answers with `answer`.
    private static func listener(
        _ daemon: Daemon,
        _ name: String,
        answer: String = "RESULT 2\\nOK",
        each: String = ""
    ) -> String {
        let script = """
            printf 'READY\\n'
            while read -r header; do
              payload=$(dd bs=1 count="${header##*len:}" 2>/dev/null; echo .)
              printf '%s\\n%s\\n' "$header" "${payload%.}" >> '\(daemon.home)/\(name).txt'
              \(each)
              printf '\(answer)READY\\n'
            done
            """
        daemon.scratch.write("\(name).sh", script)
        return "[sh, \(daemon.home)/\(name).sh]"
    }

    private func emit(_ daemon: Daemon, _ data: String) throws {
        let body = #"{"type": "t", "data": "\#(data)"}"#
        #expect(try daemon.ask("POST", "/v1/events", body: body).status == 200)
    }

    private func info(_ daemon: Daemon, _ name: String) throws -> ProcessInfo.Listener {
        try #require(try daemon.program(name).listener)
    }

    private func isReady(_ daemon: Daemon, _ names: String...) throws {
        try eventually("the listeners to be READY") {
            try names.allSatisfy {
                let program = try daemon.program($0)
                return program.state == "RUNNING" && program.listener?.state == "READY"
            }
        }
    }

    @Test("are told what they have asked for, to the byte")
    func told() throws {
        try Daemon.prepared("") { daemon in
            let command = Self.listener(daemon, "ear")
            daemon.configure(
                """
                programs: {idle: {command: sleep 1000, startsecs: 0, autostart: false}}
                event_listeners:
                  ear:
                    command: \(command)
                    events: [remote_communication, PROCESS_STATE_RUNNING, PROCESS_STATE_STOPPED]
                    startsecs: 0
                """,
                settings: ["identifier: here"]
            )
            try daemon.start()
            try isReady(daemon, "ear")
            try daemon.wait(forFile: "ear.txt", toHold: "processname:ear")
            try emit(daemon, "one\\ntwo")
            try daemon.wait(forFile: "ear.txt", toHold: "two")
            #expect(try daemon.ctl("start", "idle").status == 0)
            let pid = try daemon.program("idle").pid
            #expect(try daemon.ctl("stop", "idle").status == 0)
            try eventually("four answers") { try info(daemon, "ear").accepted == 4 }
            let ear = try daemon.program("ear").pid
            let first = "processname:ear groupname:ear from_state:STARTING pid:\(ear)"
            let third = "processname:idle groupname:idle from_state:STARTING pid:\(pid)"
            let fourth = "processname:idle groupname:idle from_state:STOPPING pid:\(pid)"
            #expect(
                daemon.scratch.read("ear.txt") == """
                    ver:3.0 server:here serial:0 pool:ear poolserial:0 \
                    eventname:PROCESS_STATE_RUNNING len:\(first.utf8.count)
                    \(first)
                    ver:3.0 server:here serial:1 pool:ear poolserial:1 \
                    eventname:REMOTE_COMMUNICATION len:14
                    type:t
                    one
                    two
                    ver:3.0 server:here serial:2 pool:ear poolserial:2 \
                    eventname:PROCESS_STATE_RUNNING len:\(third.utf8.count)
                    \(third)
                    ver:3.0 server:here serial:3 pool:ear poolserial:3 \
                    eventname:PROCESS_STATE_STOPPED len:\(third.utf8.count)
                    \(fourth)

                    """
            )
            let input = try daemon.ask("POST", "/v1/programs/ear/stdin", body: "x")
            #expect(input.status >= 400, "its input is not for clients")
        }
    }

    @Test("that refuse keep their refusals to themselves")
    func twoPools() throws {
        try Daemon.prepared("") { daemon in
            let good = Self.listener(daemon, "good")
            let bad = Self.listener(daemon, "bad", answer: "RESULT 4\\nFAIL")
            daemon.configure(
                """
                event_listeners:
                  good: {command: \(good), events: [REMOTE_COMMUNICATION], startsecs: 0}
                  bad: {command: \(bad), events: [EVENT], startsecs: 0, buffer_size: 1000}
                """
            )
            try daemon.start()
            try isReady(daemon, "good")
            for number in 1...3 { try emit(daemon, "event-\(number).") }
            try eventually("all to be taken") { try info(daemon, "good").accepted == 3 }
            try eventually("refusals") { try info(daemon, "bad").refused >= 10 }
            let text = daemon.scratch.read("good.txt")
            for number in 1...3 {
                #expect(text.components(of: "event-\(number).") == 1)
            }
            #expect(try info(daemon, "good").accepted == 3)
            #expect(try info(daemon, "good").refused == 0)
        }
    }

    @Test("that do not read, or write what they should not, hold up nobody")
    func hostile() throws {
        try Daemon.prepared("") { daemon in
            let ear = Self.listener(daemon, "ear")
            let silent = "[sh, -c, \"printf 'READY\\n'; exec sleep 1000\"]"
            let liar =
                "[sh, -c, \"while :; do printf 'READY\\nRESULT 2\\nOK'; sleep 0.01; done\"]"
            let loud = "[sh, -c, \"exec yes\"]"
            let closed = "[sh, -c, \"exec <&-; printf 'READY\\n'; exec sleep 1000\"]"
            daemon.configure(
                """
                event_listeners:
                  ear: {command: \(ear), events: [REMOTE_COMMUNICATION], startsecs: 0}
                  silent: {command: \(silent), events: [REMOTE_COMMUNICATION], startsecs: 0}
                  liar: {command: \(liar), events: [REMOTE_COMMUNICATION], startsecs: 0}
                  loud: {command: \(loud), events: [REMOTE_COMMUNICATION], startsecs: 0}
                  closed: {command: \(closed), events: [REMOTE_COMMUNICATION], startsecs: 0}
                """
            )
            try daemon.start()
            try isReady(daemon, "ear")
            try eventually("the loud one to be found out") {
                try info(daemon, "loud").state == "UNKNOWN"
            }
            let big = String(repeating: "x", count: 40_000)
            for number in 1...30 {
                try emit(daemon, "\(number) \(big)")
                try eventually("event \(number) to be taken") {
                    try info(daemon, "ear").accepted == number
                }
            }
            #expect(try info(daemon, "silent").dropped > 0, "nobody else has missed it")
            #expect(try daemon.information().alarms.contains { $0.contains("silent have missed") })
            #expect(try daemon.program("silent").state == "RUNNING")
            #expect(try daemon.information().starts == 1)
            daemon.signal(SIGTERM)
            #expect(try daemon.finish().status == 0)
        }
    }

    @Test("that say what they should not are told again once they are READY")
    func confused() throws {
        try Daemon.prepared("") { daemon in
            let once = "[ -e '\(daemon.home)/once' ] || { touch '\(daemon.home)/once'; echo oh; }"
            let command = Self.listener(daemon, "ear", each: once)
            daemon.configure(
                """
                event_listeners:
                  ear: {command: \(command), events: [REMOTE_COMMUNICATION], startsecs: 0}
                """
            )
            try daemon.start()
            try isReady(daemon, "ear")
            try emit(daemon, "again")
            try eventually("the second try") { try info(daemon, "ear").accepted == 1 }
            #expect(daemon.scratch.read("ear.txt").components(of: "again") == 2)
            #expect(daemon.logLines(containing: "ear wrote what is no answer").count == 1)
        }
    }

    @Test("that die with an event unanswered are told it again")
    func dies() throws {
        try Daemon.prepared("") { daemon in
            let once =
                "[ -e '\(daemon.home)/once' ] || { touch '\(daemon.home)/once'; kill -9 $$; }"
            let command = Self.listener(daemon, "ear", each: once)
            daemon.configure(
                """
                event_listeners:
                  ear:
                    command: \(command)
                    events: [REMOTE_COMMUNICATION]
                    startsecs: 0
                    autorestart: true
                    backoff: {initial: 1ms}
                """
            )
            try daemon.start()
            try isReady(daemon, "ear")
            try emit(daemon, "again")
            try eventually("the second try") { try info(daemon, "ear").accepted == 1 }
            #expect(daemon.scratch.read("ear.txt").components(of: "again") == 2)
            #expect(try daemon.program("ear").runs == 2)
        }
    }

    @Test("are told by the next manager what waited for them in the one before")
    func waitingEvents() throws {
        try Daemon.prepared("") { daemon in
            let wait = "while [ -e '\(daemon.home)/hold' ]; do sleep 0.05; done"
            let command = Self.listener(daemon, "ear", each: wait)
            daemon.configure(
                """
                event_listeners:
                  ear: {command: \(command), events: [REMOTE_COMMUNICATION], startsecs: 0}
                """
            )
            daemon.scratch.write("hold", "")
            try daemon.start()
            try isReady(daemon, "ear")
            try emit(daemon, "event-0.")
            try daemon.wait(forFile: "ear.txt", toHold: "event-0.")
            try emit(daemon, "event-1.")
            // More than is written down of one.
            try emit(daemon, String(repeating: "x", count: 1000))
            try emit(daemon, "event-3.")
            #expect(try info(daemon, "ear").waiting == 3)
            for _ in 1...2 { try daemon.killManager() }
            #expect(try info(daemon, "ear").waiting == 2)
            #expect(try info(daemon, "ear").dropped == 1)
            try emit(daemon, "event-4.")
            unlink(daemon.home + "/hold")
            try eventually("all of them") { try info(daemon, "ear").accepted == 4 }
            let text = daemon.scratch.read("ear.txt")
            for number in [0, 1, 3, 4] {
                #expect(text.components(of: "event-\(number).") == 1)
                #expect(text.components(of: "poolserial:\(number) ") == 1)
            }
            daemon.signal(SIGTERM)
            try daemon.finish()
            #expect(!names(in: daemon.home + "/run").contains("swisord.events"))
        }
    }

    @Test("that end with their answer have given it")
    func lastWord() throws {
        try Daemon.prepared("") { daemon in
            let each = "printf 'RESULT 2\\nOK'; exit 0"
            let command = Self.listener(daemon, "ear", each: each)
            daemon.configure(
                """
                event_listeners:
                  ear:
                    command: \(command)
                    events: [REMOTE_COMMUNICATION]
                    startsecs: 0
                    autorestart: true
                    startretries: 100
                    backoff: {initial: 1ms, max: 1ms, jitter: 0}
                """
            )
            try daemon.start()
            for number in 1...5 { try emit(daemon, "event-\(number).") }
            try eventually("all answers") { try info(daemon, "ear").accepted == 5 }
            #expect(try info(daemon, "ear").refused == 0)
            let text = daemon.scratch.read("ear.txt")
            for number in 1...5 { #expect(text.components(of: "event-\(number).") == 1) }
        }
    }

    @Test("go on over the death of the manager, with what they have not answered")
    func managerDies() throws {
        try Daemon.prepared("") { daemon in
            let wait = "while [ -e '\(daemon.home)/hold' ]; do sleep 0.05; done"
            let command = Self.listener(daemon, "ear", each: wait)
            daemon.configure(
                """
                event_listeners:
                  ear: {command: \(command), events: [REMOTE_COMMUNICATION], startsecs: 0}
                """
            )
            try daemon.start()
            try isReady(daemon, "ear")
            let pid = try daemon.program("ear").pid
            try daemon.killManager()
            try emit(daemon, "first")
            try eventually("an event of the second manager") {
                try info(daemon, "ear").accepted == 1
            }
            daemon.scratch.write("hold", "")
            try emit(daemon, "second")
            try daemon.wait(forFile: "ear.txt", toHold: "second")
            try daemon.killManager()
            #expect(try info(daemon, "ear").state == "BUSY")
            unlink(daemon.home + "/hold")
            try eventually("the answer to the second") {
                try info(daemon, "ear").accepted == 1
            }
            try emit(daemon, "third")
            try eventually("an event of the third") { try info(daemon, "ear").accepted == 2 }
            #expect(try daemon.program("ear").pid == pid)
            let text = daemon.scratch.read("ear.txt")
            for (serial, word) in ["first", "second", "third"].enumerated() {
                #expect(text.components(of: word) == 1)
                #expect(text.contains("poolserial:\(serial) "))
            }
        }
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        ranges(of: part).count
    }
}
