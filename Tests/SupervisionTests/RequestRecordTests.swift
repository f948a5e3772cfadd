// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Supervision

@Suite("A request that outlives the manager")
struct RequestRecordTests {
    private static let web = ProcessName(group: "web", process: "web")

    /// The fleet after a crash, as the records of members and of the request have it.
    private func reborn(
        _ old: TestFleet,
        _ ticket: Ticket,
        members: TestFleet? = nil
    ) throws -> TestFleet {
        var new = TestFleet()
        new.now = old.now
        for member in (members ?? old).fleet.sortedMembers {
            guard let bytes = (members ?? old).fleet.record(of: member.id)?.encoded() else {
                continue
            }
            let record = try MemberRecord(bytes[...], at: old.now)
            _ = new.fleet.restore(record, as: member.spec)
        }
        if let progress = old.fleet.progress(of: ticket) {
            let record = RequestRecord(high: 1, low: 2, verb: "restart", progress: progress)
            let read = try RequestRecord(record.encoded()[...])
            #expect(read == record)
            if case .waiting(let waits, let outcomes) = read.progress {
                new.fleet.resume(waits, outcomes, ticket: ticket, at: new.now)
            }
        }
        new.drain()
        return new
    }

    private func id(_ fleet: TestFleet) throws -> MemberID {
        try #require(fleet.fleet.identifier(of: Self.web))
    }

    @Test("gets the answer of a restart, whenever the manager dies, and restarts once")
    func restart() throws {
        for crash in 0...3 {
            var test = TestFleet()
            _ = test.addRunning("web")
            let ticket = test.request(.restart, "web")
            if crash == 0 { test = try reborn(test, ticket) }
            test.end(try id(test))
            if crash == 1 { test = try reborn(test, ticket) }
            test.tell(.executed, try id(test))
            if crash == 2 { test = try reborn(test, ticket) }
            test.pass(.seconds(5))
            if crash == 3 { #expect(test.fleet.progress(of: ticket) == nil) }
            #expect(
                test.answer(ticket) == [
                    CommandOutcome(Self.web, .stopped), CommandOutcome(Self.web, .started),
                ]
            )
            #expect(test.fleet[try id(test)]?.history.runs == 2, "crash \(crash)")
            #expect(test.anomalies == 0)
        }
    }

    @Test(
        "tells a process what it was not told before the crash",
        arguments: [Fleet.Command.start, .stop, .restart]
    )
    func untold(command: Fleet.Command) throws {
        var old = TestFleet()
        let web = old.addRunning("web")
        if command == .start {
            old.tell(.stop, web)
            old.end(web)
        }
        // The request was recorded, and the members were not any more.
        let before = old
        let ticket = old.request(command, "web")
        var new = try reborn(old, ticket, members: before)
        let again = try id(new)
        #expect(new.answer(ticket) == nil)
        if command == .start {
            #expect(new.spawned == [again])
            new.prove(again)
        } else {
            #expect(new.terminated == [again])
            new.end(again)
            if command == .restart { new.prove(again) }
        }
        let outcomes = try #require(new.answer(ticket))
        #expect(outcomes.allSatisfy { $0.failure == nil })
        #expect(outcomes.count == (command == .restart ? 2 : 1))
    }

    @Test("is judged by what has become of its processes where its record is older")
    func older() throws {
        for (command, end) in [(Fleet.Command.stop, 1), (.restart, 2)] {
            var old = TestFleet()
            let web = old.addRunning("web")
            let ticket = old.request(command, "web")
            var later = old
            later.end(web)
            if command == .restart { later.prove(web) }
            let new = try reborn(old, ticket, members: later)
            let outcomes = try #require(new.answer(ticket))
            #expect(outcomes.count == end && outcomes.allSatisfy { $0.failure == nil })
            #expect(new.spawned.isEmpty && new.terminated.isEmpty)
        }
    }

    @Test("fails as it should where a start has failed meanwhile")
    func failed() throws {
        var old = TestFleet()
        let web = old.add("web")
        let ticket = old.request(.start, "web")
        var later = old
        later.end(web, .code(7))
        let new = try reborn(old, ticket, members: later)
        #expect(new.failures(ticket) == [.spawnError(.code(7))])
    }

    @Test("does without a process that is gone")
    func gone() throws {
        var old = TestFleet()
        _ = old.addRunning("web")
        let ticket = old.request(.stop, "web")
        let new = try reborn(old, ticket, members: TestFleet())
        #expect(new.failures(ticket) == [nil])
    }

    static let outcomes: [CommandOutcome] =
        [
            nil, .noSuchProcess, .noSuchGroup, .alreadyStarted, .notRunning, .shuttingDown,
            .spawnError(.code(3)), .spawnError(.signal(.kill, coreDumped: true)),
            .spawnError(.unknown), .abnormalTermination("grüße"),
        ].map { CommandOutcome(ProcessName(group: "g", process: "p"), .started, $0) }
        + [CommandOutcome(ProcessName(group: "", process: "*"), .stopped)]

    @Test(
        "is the same when it has been read back",
        arguments: [
            .begun, .answered([]), .answered(Array("{}\n".utf8)), .waiting([], outcomes),
            .waiting(
                [
                    .init(name: web, goal: .running, runs: 0),
                    .init(name: web, goal: .stopped, runs: 7),
                    .init(name: web, goal: .restarted, runs: .max),
                ],
                []
            ),
        ] as [RequestRecord.Progress]
    )
    func roundTrip(progress: RequestRecord.Progress) throws {
        let record = RequestRecord(high: .max, low: 1, verb: "restart", progress: progress)
        let bytes = record.encoded()
        #expect(try RequestRecord(bytes[...]) == record)
        for count in 0..<bytes.count {
            #expect(throws: BinaryFault.self) { try RequestRecord(bytes[..<count]) }
        }
        #expect(throws: BinaryFault.self) { try RequestRecord((bytes + [0])[...]) }
    }

    @Test("is only known to have begun where it is too large")
    func large() throws {
        let answer = [UInt8](repeating: 0, count: RequestRecord.maximumBytes)
        let record = RequestRecord(high: 1, low: 2, verb: "stop", progress: .answered(answer))
        #expect(try RequestRecord(record.encoded()[...]).progress == .begun)
    }
}
