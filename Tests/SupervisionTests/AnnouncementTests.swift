// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

@Suite("An announcement")
struct AnnouncementTests {
    private static let cat = ProcessName(group: "zoo", process: "cat")

    private static func change(
        _ from: ProcessState,
        _ to: ProcessState,
        pid: PID? = nil,
        failures: Int = 0,
        isExpected: Bool = false
    ) -> Announcement {
        .processState(
            cat,
            StateChange(
                from: from,
                to: to,
                pid: pid,
                failures: failures,
                isExpected: isExpected
            )
        )
    }

    private static let head = "processname:cat groupname:zoo "

    static let payloads: [(Announcement, EventType, String)] = [
        (
            change(.stopped, .starting), .processStateStarting,
            head + "from_state:STOPPED tries:0"
        ),
        (
            change(.starting, .backoff, pid: 9, failures: 2), .processStateBackoff,
            head + "from_state:STARTING tries:2"
        ),
        (
            change(.starting, .running, pid: 9), .processStateRunning,
            head + "from_state:STARTING pid:9"
        ),
        (
            change(.running, .stopping, pid: 9), .processStateStopping,
            head + "from_state:RUNNING pid:9"
        ),
        (
            change(.stopping, .stopped, pid: 9), .processStateStopped,
            head + "from_state:STOPPING pid:9"
        ),
        (
            change(.backoff, .stopped), .processStateStopped,
            head + "from_state:BACKOFF pid:0"
        ),
        (
            change(.running, .exited, pid: 9, isExpected: true), .processStateExited,
            head + "from_state:RUNNING expected:1 pid:9"
        ),
        (
            change(.running, .exited, pid: 9), .processStateExited,
            head + "from_state:RUNNING expected:0 pid:9"
        ),
        (
            change(.backoff, .fatal, failures: 3), .processStateFatal,
            head + "from_state:BACKOFF"
        ),
        (
            change(.stopping, .unknown, pid: 9), .processStateUnknown,
            head + "from_state:STOPPING"
        ),
        (
            .communication(cat, 9, .stdout, Array("a b\n".utf8)), .processCommunicationStdout,
            head + "pid:9\na b\n"
        ),
        (
            .communication(cat, 9, .stderr, []), .processCommunicationStderr,
            head + "pid:9\n"
        ),
        (
            .log(cat, 9, .stdout, Array("x".utf8)), .processLogStdout,
            head + "pid:9 channel:stdout\nx"
        ),
        (
            .log(cat, 9, .stderr, Array("x".utf8)), .processLogStderr,
            head + "pid:9 channel:stderr\nx"
        ),
        (.remote(type: "T", data: "one\ntwo"), .remoteCommunication, "type:T\none\ntwo"),
        (.daemonIsRunning, .supervisorStateChangeRunning, ""),
        (.daemonIsStopping, .supervisorStateChangeStopping, ""),
        (.tick(.seconds5, at: 1_700_000_005), .tick5, "when:1700000005"),
        (.tick(.seconds60, at: 60), .tick60, "when:60"),
        (.tick(.seconds3600, at: 0), .tick3600, "when:0"),
        (.groupAdded("zoo"), .processGroupAdded, "groupname:zoo\n"),
        (.groupRemoved("zoo"), .processGroupRemoved, "groupname:zoo\n"),
    ]

    @Test("has supervisord's type and payload", arguments: payloads)
    func payload(announcement: Announcement, type: EventType, payload: String) {
        #expect(announcement.type == type)
        #expect(announcement.payload == payload)
    }

    @Test("exists for every type that is not abstract")
    func complete() {
        let concrete = EventType.allCases.filter { !$0.isAbstract }
        #expect(Set(concrete) == Set(Self.payloads.map { $0.1 }))
    }

    @Test("is pure ASCII, whatever names and programs are made of")
    func ascii() {
        let name = ProcessName(group: "größe", process: "→🙂")
        let payload = Announcement.log(name, 1, .stdout, Array("naïve".utf8)).payload
        #expect(
            payload == #"processname:\u2192\U0001f642 groupname:gr\xf6\xdfe pid:1 channel:stdout"#
                + "\n" + #"na\xefve"#
        )
        #expect(payload.utf8.count == payload.unicodeScalars.count)
    }

    @Test(
        "writes what is no UTF-8 as supervisord does",
        arguments: [
            ([0xFF], #"Undecodable: b'\xff'"#),
            ([0x61, 0x27, 0xC3], #"Undecodable: b"a'\xc3""#),
            ([0x22, 0x27, 0x5C, 0xC3], #"Undecodable: b'"\'\\\xc3'"#),
            ([0x09, 0x0A, 0x0D, 0x00, 0x7F, 0x80], #"Undecodable: b'\t\n\r\x00\x7f\x80'"#),
        ] as [([UInt8], String)]
    )
    func undecodable(bytes: [UInt8], text: String) {
        #expect(ASCIIText.of(bytes) == text)
    }

    @Test("leaves every ASCII character as it is")
    func plain() {
        let all = (0..<0x80).map { UInt8($0) }
        #expect(ASCIIText.of(all) == String(decoding: all, as: UTF8.self))
    }
}

@Suite("A type of events")
struct EventTypeTests {
    @Test(
        "that is abstract stands for those that it begins",
        arguments: [
            (EventType.processState, 8), (.processCommunication, 2), (.processLog, 2),
            (.remoteCommunication, 1), (.supervisorStateChange, 2), (.tick, 3),
            (.processGroup, 2), (.event, 20), (.tick5, 1),
        ]
    )
    func subtypes(type: EventType, count: Int) {
        #expect(type.concreteTypes.count == count)
        #expect(type.concreteTypes.allSatisfy { type.covers($0) && !$0.isAbstract })
    }

    @Test("is found by its name in any case")
    func names() {
        #expect(EventType(named: "tick_60") == .tick60)
        #expect(EventType(named: "TICK_6") == nil)
        #expect(!EventType.tick5.covers(.tick60))
        #expect(!EventType.processState.covers(.processGroupAdded))
    }
}

@Suite("A change of state")
struct StateChangeTests {
    private func changes(_ steps: (inout Fleet, MemberID) -> Void) -> [StateChange] {
        var fleet = Fleet(seed: 1)
        var policy = ProcessPolicy()
        policy.startRetries = 1
        let name = ProcessName(group: "g", process: "p")
        let id = fleet.add(MemberSpec(name: name, policy: policy))
        steps(&fleet, id)
        var changes: [StateChange] = []
        while let effect = fleet.nextEffect() {
            if case .report(.changed(_, _, let change)) = effect { changes.append(change) }
        }
        return changes.flatMap(\.steps)
    }

    private let start = Instant(nanoseconds: 0)
    private let later = Instant(nanoseconds: 5_000_000_000)

    @Test("keeps the pid of the process that has gone, and counts the failures")
    func pids() {
        let changes = changes { fleet, id in
            for event in [.start, .spawned(7), .executed] as [ProcessMachine.Event] {
                fleet.handle(event, for: id, at: start)
            }
            fleet.reachDeadlines(at: later)
            fleet.handle(.exited(.code(0)), for: id, at: later)
        }
        #expect(changes.map(\.to) == [.starting, .running, .exited])
        #expect(changes.map(\.pid) == [nil, 7, 7])
        #expect(changes.map(\.isExpected) == [false, false, true])
        let failures = self.changes { fleet, id in
            fleet.handle(.start, for: id, at: start)
            fleet.handle(.spawned(7), for: id, at: start)
            fleet.handle(.exited(.code(1)), for: id, at: start)
            fleet.reachDeadlines(at: later)
        }
        #expect(failures.map(\.failures) == [0, 1, 1])
    }

    @Test("out of a stop is told when the group is empty, with the leader's pid")
    func stopped() {
        let changes = changes { fleet, id in
            for event in [.start, .spawned(7), .stop, .exited(.code(0)), .groupEmptied]
                as [ProcessMachine.Event]
            {
                fleet.handle(event, for: id, at: start)
            }
        }
        #expect(changes.map(\.to) == [.starting, .stopping, .stopped])
        #expect(changes.last?.pid == 7)
    }

    @Test("that gives up is a failure that is counted as the others, and then the end")
    func givenUp() {
        let failures = changes { fleet, id in
            fleet.handle(.start, for: id, at: start)
            fleet.handle(.spawned(7), for: id, at: start)
            fleet.handle(.exited(.code(1)), for: id, at: start)
            fleet.reachDeadlines(at: later)
            fleet.handle(.spawned(8), for: id, at: later)
            fleet.handle(.exited(.code(1)), for: id, at: later)
        }
        #expect(failures.map(\.from) == [.stopped, .starting, .backoff, .starting, .backoff])
        #expect(failures.map(\.to) == [.starting, .backoff, .starting, .backoff, .fatal])
        #expect(failures.map(\.failures) == [0, 1, 1, 2, 2])
        let impossible = changes { fleet, id in
            fleet.handle(.start, for: id, at: start)
            fleet.handle(
                .spawnFailed(.made(.command, isPermanent: true)),
                for: id,
                at: start
            )
        }
        #expect(impossible.map(\.to) == [.starting, .backoff, .fatal])
    }

    @Test("from a stop into the next start is a stop and a start")
    func restarted() {
        let changes = changes { fleet, id in
            for event in [.start, .spawned(7), .restart, .exited(.code(0)), .groupEmptied]
                as [ProcessMachine.Event]
            {
                fleet.handle(event, for: id, at: start)
            }
        }
        #expect(changes.map(\.from) == [.stopped, .starting, .stopping, .stopped])
        #expect(changes.map(\.to) == [.starting, .stopping, .stopped, .starting])
        #expect(changes[2].pid == 7)
        #expect(changes[3].pid == nil)
    }
}
