// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Glibc
import Testing

@Suite("The stream of events", .scenarios, .timeLimit(.minutes(10)))
struct EventStreamTests {
    private func events(_ notes: [EventNote]) -> [String] { notes.compactMap(\.event) }

    @Test("carries what a client has announced, in ASCII")
    func emitted() throws {
        try Daemon.running("programs: {idle: {command: sleep 1000, autostart: false}}") { daemon in
            let watch = try EventWatch(daemon.socket, "?types=REMOTE_COMMUNICATION")
            let body = #"{"type": "deploy", "data": "größe\n17"}"#
            #expect(try daemon.ask("POST", "/v1/events", body: body).status == 200)
            try eventually("the event") { try !watch.notes().isEmpty }
            let note = try #require(try watch.notes().first)
            #expect(note.type == .remoteCommunication)
            #expect(note.event == "REMOTE_COMMUNICATION")
            #expect(note.payload == "type:deploy\n" + #"gr\xf6\xdfe"# + "\n17")
        }
    }

    @Test("begins where a client left off, and says so when that is not known any more")
    func cursor() throws {
        try Daemon.running("programs: {idle: {command: sleep 1000, startsecs: 0}}") { daemon in
            try daemon.wait(for: "idle", "RUNNING")
            let watch = try EventWatch(daemon.socket, "?after=0")
            // The daemon may tell that it runs before or after its program does.
            let begun: Set = [
                "PROCESS_GROUP_ADDED", "SUPERVISOR_STATE_CHANGE_RUNNING",
                "PROCESS_STATE_STARTING", "PROCESS_STATE_RUNNING",
            ]
            try eventually("the four events of the beginning") {
                begun.isSubset(of: events(try watch.notes()))
            }
            let last = try #require(try watch.notes().last?.serial)
            #expect(try daemon.ctl("stop", "idle").status == 0)
            let header = "Last-Event-ID: \(last)"
            let resumed = try EventWatch(daemon.socket, "?after=1", header: header)
            try eventually("the rest") { try resumed.notes().last?.to == "STOPPED" }
            #expect(
                events(try resumed.notes()) == ["PROCESS_STATE_STOPPING", "PROCESS_STATE_STOPPED"]
            )
            #expect(resumed.losses().isEmpty)
            try daemon.killManager()
            let stopped = try #require(try resumed.notes().last?.serial)
            let after = try EventWatch(daemon.socket, "?after=\(stopped)")
            _ = try daemon.ctl("start", "idle")
            try eventually("the start") { try after.notes().last?.to == "RUNNING" }
            let first = try #require(try after.notes().first?.serial)
            #expect(after.losses() == [#"{"after":\#(stopped),"before":\#(first)}"#])
            #expect(first > stopped)
            let notes = try after.notes()
            #expect(zip(notes, notes.dropFirst()).allSatisfy { $0.serial + 1 == $1.serial })
        }
    }

    @Test("has ticks for those who ask, and tells of groups that come and go")
    func ticksAndGroups() throws {
        let idle = "idle: {command: sleep 1000, startsecs: 0}"
        try Daemon.running("programs: {\(idle)}") { daemon in
            try daemon.wait(for: "idle", "RUNNING")
            let ticks = try EventWatch(daemon.socket, "?types=TICK_5")
            let groups = try EventWatch(daemon.socket, "?types=PROCESS_GROUP,PROCESS_STATE")
            daemon.configure("programs: {\(idle), more: {command: sleep 1000, startsecs: 0}}")
            #expect(try daemon.ctl("update").status == 0)
            try daemon.wait(for: "more", "RUNNING")
            daemon.configure("programs: {\(idle)}")
            #expect(try daemon.ctl("update").status == 0)
            try eventually("the end of the group") {
                try groups.notes().contains { $0.event == "PROCESS_GROUP_REMOVED" }
            }
            let about = try groups.notes().filter { $0.group == "more" }
            #expect(
                events(about) == [
                    "PROCESS_GROUP_ADDED", "PROCESS_STATE_STARTING", "PROCESS_STATE_RUNNING",
                    "PROCESS_STATE_STOPPING", "PROCESS_STATE_STOPPED", "PROCESS_GROUP_REMOVED",
                ]
            )
            #expect(about.last?.payload == "groupname:more\n")
            try eventually("a tick") { try !ticks.notes().isEmpty }
            let tick = try #require(try ticks.notes().first)
            #expect(tick.event == "TICK_5")
            let slice = try #require(Int((tick.payload ?? "").drop { $0 != ":" }.dropFirst()))
            #expect(slice % 5 == 0)
            #expect(tick.at >= Double(slice) && tick.at < Double(slice + 60))
        }
    }
}
