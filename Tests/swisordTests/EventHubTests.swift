// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Platform
import Supervision
import Testing

@testable import swisord

@Suite("The stream of events")
struct EventHubTests {
    /// What one client gets.
    private final class Client {
        let inbox: Mailbox<StreamEvent>
        let credit: StreamCredit

        init(bytes: Int = 256 * 1024) throws {
            inbox = try Mailbox(capacity: 10_000)
            credit = StreamCredit(bytes: bytes)
        }

        func open(_ hub: inout EventHub, _ selection: EventSelection = EventSelection()) {
            let inbox = inbox
            hub.add(selection, credit) { inbox.post($0) }
        }

        /// What came since the last look: `N` for the note that was N-th to be published, what
        /// was lost in JSON, and the rest by its name.
        func take(from first: UInt64) throws -> [String] {
            var decoder = ServerSentEventDecoder()
            return try inbox.takeAll().flatMap { event -> [String] in
                guard case .bytes(let bytes) = event else { return ["\(event)"] }
                return try decoder.feed(bytes).map { event in
                    try EventNote(event).map { "\($0.serial &- first)" } ?? event.data
                }
            }
        }
    }

    private static let opened = 1_700_000_000.0
    private let first = UInt64(opened * 1000) << 12

    private func hub() -> EventHub { EventHub(openedAt: Self.opened) }

    private func publish(
        _ hub: inout EventHub,
        _ type: EventType = .processStateRunning,
        payload: String? = nil
    ) {
        hub.publish(.event(type)) { serial in
            EventNote(
                serial: serial,
                type: .processState,
                event: type.rawValue,
                payload: payload,
                at: 0
            )
        }
    }

    @Test("gives a client that was cut off what came since")
    func cursor() throws {
        var hub = hub()
        for _ in 1...4 { publish(&hub) }
        let client = try Client()
        client.open(&hub, EventSelection(after: first + 2))
        publish(&hub)
        #expect(try client.take(from: first) == ["opened", "3", "4", "5"])
        let upToDate = try Client()
        upToDate.open(&hub, EventSelection(after: first + 5))
        #expect(try upToDate.take(from: first) == ["opened"])
        let fromTheStart = try Client()
        fromTheStart.open(&hub, EventSelection(after: first))
        #expect(try fromTheStart.take(from: first) == ["opened", "1", "2", "3", "4", "5"])
    }

    @Test("tells what of it is not remembered any more")
    func gap() throws {
        var hub = hub()
        let count = 2000
        for _ in 1...count { publish(&hub) }
        let client = try Client()
        client.open(&hub, EventSelection(after: first + 1))
        let got = try client.take(from: first)
        #expect(got.count > 100)
        #expect(got.last == "\(count)")
        let oldest = try #require(UInt64(got[2]))
        #expect(got[1] == #"{"after":\#(first + 1),"before":\#(first + oldest)}"#)
        #expect(got.dropFirst(2).map { $0 } == (Int(oldest)...count).map { "\($0)" })
    }

    @Test("knows a cursor of an earlier manager, and of a later one, and tells all that it has")
    func otherLives() throws {
        var hub = hub()
        for _ in 1...2 { publish(&hub) }
        for cursor in [0, 17, first - 1, first + 3, .max] {
            let client = try Client()
            client.open(&hub, EventSelection(after: cursor))
            let lost = #"{"after":\#(cursor),"before":\#(first + 1)}"#
            #expect(try client.take(from: first) == ["opened", lost, "1", "2"])
        }
        #expect(EventHub(openedAt: Self.opened + 0.001).firstSerial > first + 4000)
    }

    @Test("holds only what was asked for, and is refused for what does not exist")
    func types() throws {
        var hub = hub()
        let ticks = try Client()
        let usual = try Client()
        let all = try Client()
        let wrong = try Client()
        ticks.open(&hub, EventSelection(types: ["tick_5", "RELOAD"]))
        usual.open(&hub)
        all.open(&hub, EventSelection(types: ["EVENT"]))
        wrong.open(&hub, EventSelection(types: ["TICK", "TOCK"]))
        for type in [EventType.tick5, .tick60, .processStateFatal, .processLogStdout] {
            publish(&hub, type)
        }
        hub.publish(.reload) { EventNote(serial: $0, type: .reload, to: "applied", at: 0) }
        #expect(try ticks.take(from: first) == ["opened", "1", "5"])
        #expect(try usual.take(from: first) == ["opened", "3", "5"])
        #expect(try all.take(from: first) == ["opened", "1", "2", "3", "4", "5"])
        let refusal = wrong.inbox.takeAll()
        guard case .failed(let error) = refusal.first else {
            Issue.record("it was not refused: \(refusal)")
            return
        }
        #expect(error.code == .badRequest)
        #expect(refusal.last == .ended)
    }

    @Test("is wanted as long as somebody listens")
    func wanted() throws {
        var hub = hub()
        #expect(!hub.wants(.tick5))
        let client = try Client()
        client.open(&hub, EventSelection(types: ["TICK"]))
        #expect(hub.wants(.tick5))
        #expect(!hub.wants(.processLogStdout))
        client.credit.cancel()
        #expect(!hub.wants(.tick5))
    }

    @Test("remembers no more than one client can be sent at once")
    func bounded() throws {
        var hub = hub()
        for _ in 1...500 { publish(&hub, payload: String(repeating: "x", count: 4000)) }
        publish(&hub, payload: String(repeating: "x", count: 1_000_000))
        for _ in 1...3 { publish(&hub) }
        let client = try Client()
        client.open(&hub, EventSelection(after: first))
        let got = try client.take(from: first)
        #expect(!got.contains { $0.hasPrefix("lost") })
        #expect(got.suffix(3) == ["502", "503", "504"])
    }

    @Test("remembers what happens, however much programs write")
    func output() throws {
        var hub = hub()
        publish(&hub)
        for _ in 1...500 {
            publish(&hub, .processLogStdout, payload: String(repeating: "x", count: 4000))
        }
        publish(&hub)
        let usual = try Client()
        usual.open(&hub, EventSelection(after: first))
        #expect(try usual.take(from: first) == ["opened", "1", "502"])
        let all = try Client()
        all.open(&hub, EventSelection(types: ["EVENT"], after: first))
        let got = try all.take(from: first)
        let oldest = try #require(got.dropFirst(3).first.flatMap { UInt64($0) })
        #expect(oldest > 400)
        #expect(got[1] == #"{"after":\#(first),"before":\#(first + oldest)}"#)
        #expect(got[2] == "1")
        #expect(got.dropFirst(3).map { $0 } == (Int(oldest)...502).map { "\($0)" })
    }
}
