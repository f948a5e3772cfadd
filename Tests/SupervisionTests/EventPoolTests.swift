// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Supervision

/// A pool with its listeners, and what it has them sent.
private struct Stage {
    var pool: EventPool
    var now = Instant(nanoseconds: 0)
    var sent: [String] = []
    var others: [EventPool.Effect] = []

    init(limit: Int = 10, listeners: [Int] = [1]) {
        pool = EventPool(name: "p", types: [.tick5, .remoteCommunication], limit: limit)
        for number in listeners {
            let id = MemberID(rawValue: number)
            pool.add(id)
            pool.set(id, isRunning: true)
        }
    }

    mutating func emit(_ data: String) {
        note(pool.add(.remoteCommunication, data, serial: 0))
        turn()
    }

    mutating func says(_ text: String, _ number: Int = 1) {
        note(pool.received(text.utf8, from: MemberID(rawValue: number), at: now))
        turn()
    }

    mutating func ends(_ number: Int = 1) {
        note(pool.ended(MemberID(rawValue: number), at: now))
        turn()
    }

    mutating func pass(_ duration: Duration) {
        now = now.advanced(by: duration)
        turn()
    }

    mutating func turn() {
        note(pool.reach(now))
        note(pool.dispatch(at: now))
    }

    private mutating func note(_ effects: [EventPool.Effect]) {
        for effect in effects {
            if case .send(let event, let id) = effect {
                sent.append("\(event.payload) to \(id.rawValue)")
            } else {
                others.append(effect)
            }
        }
    }
}

@Suite("A pool of event listeners")
struct EventPoolTests {
    @Test("sends nothing to one whose last answer could be heard again")
    func heard() {
        var stage = Stage()
        stage.says("READY\n")
        stage.pool.set(MemberID(rawValue: 1), isHeard: false)
        stage.emit("a")
        #expect(stage.sent.isEmpty)
        stage.pool.set(MemberID(rawValue: 1), isHeard: true)
        stage.turn()
        #expect(stage.sent == ["a to 1"])
    }

    private static let ok = "RESULT 2\nOKREADY\n"
    private static let fail = "RESULT 4\nFAILREADY\n"

    @Test("gives one event at a time, in order, to who is RUNNING and READY")
    func order() {
        var stage = Stage()
        for name in ["a", "b"] { stage.emit(name) }
        #expect(stage.sent.isEmpty)
        stage.says("READY\n")
        #expect(stage.sent == ["a to 1"])
        stage.says(Self.ok)
        #expect(stage.sent == ["a to 1", "b to 1"])
        stage.pool.set(MemberID(rawValue: 1), isRunning: false)
        stage.says(Self.ok)
        stage.emit("c")
        #expect(stage.sent.count == 2)
        #expect(stage.pool.counts.accepted == 2)
    }

    @Test("lets all its listeners have their turn")
    func roundRobin() {
        var stage = Stage(listeners: [1, 2, 3])
        for number in 1...3 { stage.says("READY\n", number) }
        for name in ["a", "b", "c", "d"] {
            stage.emit(name)
            if let number = stage.sent.last?.last?.wholeNumberValue { stage.says(Self.ok, number) }
        }
        #expect(stage.sent == ["a to 1", "b to 2", "c to 3", "d to 1"])
    }

    @Test("tries again what was refused, later and later, lets others pass, and gives up")
    func refusals() {
        var stage = Stage()
        stage.says("READY\n")
        stage.emit("bad")
        stage.emit("good")
        stage.says(Self.fail)
        #expect(stage.sent == ["bad to 1", "good to 1"])
        stage.says(Self.ok)
        #expect(stage.pool.deadline == stage.now.advanced(by: .milliseconds(100)))
        var pauses: [Duration] = []
        while stage.others.isEmpty, let deadline = stage.pool.deadline {
            pauses.append(deadline.duration(since: stage.now))
            stage.pass(pauses.last ?? .zero)
            stage.says(Self.fail)
        }
        #expect(pauses.count == EventPool.mostRefusals - 1)
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(pauses.last ?? .zero <= .seconds(30))
        guard case .gaveUp(let event) = stage.others.first else {
            Issue.record("it was not given up: \(stage.others)")
            return
        }
        #expect(event.payload == "bad")
        #expect(stage.pool.counts.dropped == 1)
        #expect(stage.pool.counts.refused == EventPool.mostRefusals)
        stage.emit("next")
        #expect(stage.sent.last == "next to 1")
    }

    @Test("drops the oldest when it is full, and counts")
    func overflow() {
        var stage = Stage(limit: 2)
        for name in ["a", "b", "c", "d"] { stage.emit(name) }
        #expect(stage.pool.waiting.map(\.payload) == ["c", "d"])
        #expect(stage.pool.waiting.map(\.poolSerial) == [2, 3])
        #expect(stage.others.count == 2)
        #expect(stage.pool.counts.dropped == 2)
    }

    @Test("gives another listener what one has not answered when it ended")
    func death() {
        var stage = Stage(listeners: [1, 2])
        stage.says("READY\n", 1)
        stage.emit("a")
        stage.ends(1)
        stage.says("READY\n", 2)
        stage.pass(.seconds(1))
        #expect(stage.sent == ["a to 1", "a to 2"])
        #expect(stage.pool.counts.refused == 1)
        // What the dead one says late is nobody's answer.
        stage.says(Self.ok, 1)
        #expect(stage.pool.counts.accepted == 0)
    }

    @Test("gives nothing to one that does not read, and goes on when it has")
    func clogged() {
        var stage = Stage()
        let id = MemberID(rawValue: 1)
        stage.says("READY\n")
        stage.emit("a")
        stage.pool.set(id, isOpen: false)
        stage.says(Self.ok)
        stage.emit("b")
        #expect(stage.sent == ["a to 1"])
        stage.pool.set(id, isOpen: true)
        stage.turn()
        #expect(stage.sent == ["a to 1", "b to 1"])
    }

    @Test("keeps a confused listener out until it says READY")
    func confused() {
        var stage = Stage()
        stage.says("READY\n")
        stage.says("Traceback (most recent call last):\n")
        #expect(stage.others == [.confused(MemberID(rawValue: 1))])
        stage.emit("a")
        #expect(stage.sent.isEmpty)
        stage.says("READY\n")
        #expect(stage.sent == ["a to 1"])
    }

    @Test("sends once more what may never have been heard of over the death of a manager")
    func resumed() {
        var stage = Stage(listeners: [])
        let id = MemberID(rawValue: 1)
        let event = QueuedEvent(type: .tick5, payload: "when:5", serial: 7, poolSerial: 3)
        stage.pool.resume(id, in: .busy, with: event, at: stage.now)
        stage.pool.resume([], nextSerial: 4, dropped: 2)
        stage.pool.set(id, isRunning: true)
        stage.turn()
        #expect(stage.sent.isEmpty)
        stage.pass(.seconds(61))
        #expect(stage.sent == ["when:5 to 1"])
        stage.says(Self.ok)
        stage.emit("a")
        #expect(stage.sent.last == "a to 1")
        #expect(stage.pool.nextPoolSerial == 5)
        #expect(stage.pool.counts.dropped == 2)
    }

    @Test("asks for no wake-up while nothing can be done")
    func quiet() {
        var stage = Stage()
        stage.says("READY\n")
        stage.emit("a")
        stage.says("RESULT 4\nFAIL")
        #expect(stage.pool.deadline == nil, "nobody is READY")
        stage.says("READY\n")
        #expect(stage.pool.deadline != nil)
    }

    @Test("writes supervisord's header, with the length of the payload in bytes")
    func message() {
        let event = QueuedEvent(type: .tick60, payload: "when:60", serial: 21, poolSerial: 10)
        let text = String(decoding: event.message(server: "s", pool: "p"), as: UTF8.self)
        #expect(
            text == "ver:3.0 server:s serial:21 pool:p poolserial:10 eventname:TICK_60 len:7\n"
                + "when:60"
        )
    }

    @Test("tells what becomes of the events that wait")
    func changes() throws {
        var stage = Stage(limit: 2)
        stage.emit("a")
        stage.emit("b")
        stage.emit("c")
        let came = stage.pool.waiting
        #expect(came.map(\.payload) == ["b", "c"])
        let first = QueuedEvent(
            type: .remoteCommunication,
            payload: "a",
            serial: 0,
            poolSerial: 0
        )
        #expect(
            stage.pool.takeChanges() == [
                .waits(first), .waits(came[0]), .left(poolSerial: 0), .waits(came[1]),
            ]
        )
        stage.says("READY\n")
        #expect(stage.pool.takeChanges() == [.left(poolSerial: 1)])
        #expect(stage.pool.poolSerials.sorted() == [1, 2])
        stage.ends()
        var again = came[0]
        again.refusals = 1
        again.notBefore = stage.pool.waiting.first?.notBefore
        #expect(stage.pool.takeChanges() == [.waits(again)])
        stage.pool.resume([first], nextSerial: 9, dropped: 0)
        #expect(stage.pool.takeChanges() == [.waits(first)])
        #expect(stage.pool.takeChanges().isEmpty)
    }

    @Test("has the events that wait written down, and reads that again")
    func eventRecords() throws {
        var event = QueuedEvent(type: .tick5, payload: "when:5", serial: 7, poolSerial: 3)
        event.refusals = 2
        let name = String(repeating: "n", count: 255)
        let long = QueuedEvent(
            type: .tick5,
            payload: String(repeating: "x", count: 900),
            serial: 8,
            poolSerial: 4
        )
        let records: [EventRecord] = [
            .pool(name, nextSerial: 9, nextPoolSerial: 5, dropped: 1), .waiting(name, event),
            .tooLong(name, serial: 8, poolSerial: 4),
        ]
        for record in records {
            let bytes = record.encoded()
            #expect(bytes.count <= EventRecord.maximumBytes)
            #expect(try EventRecord(bytes[...]) == record)
            for end in bytes.indices {
                #expect(throws: BinaryFault.self) { try EventRecord(bytes[..<end]) }
            }
        }
        #expect(try EventRecord(EventRecord.waiting(name, long).encoded()[...]) == records[2])
    }

    @Test("has each of its listeners written down, and reads that again")
    func records() throws {
        var event = QueuedEvent(type: .tick5, payload: "when:5", serial: 7, poolSerial: 3)
        event.refusals = 2
        let long = QueuedEvent(
            type: .tick5,
            payload: String(repeating: "x", count: 5000),
            serial: 8,
            poolSerial: 4
        )
        for held in [event, long, nil] {
            let record = ListenerRecord(
                name: ProcessName(group: "g", process: "p"),
                pid: 42,
                EventPool.Look(phase: .busy, event: held),
                nextSerial: 9,
                nextPoolSerial: 5,
                dropped: 1,
                waiting: 2
            )
            let bytes = record.encoded()
            #expect(bytes.count <= 1016)
            #expect(try ListenerRecord(bytes[...]) == record)
            #expect(record.event == (held == long ? nil : held))
            #expect(record.hasLongEvent == (held == long))
            for end in bytes.indices {
                #expect(throws: BinaryFault.self) { try ListenerRecord(bytes[..<end]) }
            }
        }
    }
}
