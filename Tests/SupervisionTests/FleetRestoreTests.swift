// SPDX-License-Identifier: Apache-2.0

import Supervision
import Testing

/// What a manager that has just been started makes of what the last one wrote.
@Suite("A fleet that is taken back")
struct FleetRestoreTests {
    /// The fleet after a crash: each member as its record says, through bytes and back.
    private func reborn(_ old: TestFleet, _ ids: [MemberID]) throws -> TestFleet {
        var new = TestFleet()
        new.now = old.now
        for id in ids {
            let member = try #require(old.fleet[id])
            let bytes = try #require(old.fleet.record(of: id)?.encoded())
            let record = try MemberRecord(bytes[...], at: old.now)
            _ = new.fleet.restore(record, as: member.spec)
        }
        new.fleet.resumeShutdown(old.fleet.shutdownStage, at: new.now)
        return new
    }

    private func id(_ name: String, in fleet: TestFleet) throws -> MemberID {
        try #require(fleet.fleet.identifier(of: ProcessName(group: name, process: name)))
    }

    @Test("goes on with a program that runs, its history and its restarts")
    func running() throws {
        var old = TestFleet()
        let web = old.addRunning("web")
        old.end(web, .code(3))
        old.prove(web)
        var new = try reborn(old, [web])
        new.drain()
        let again = try id("web", in: new)
        #expect(new.effects.isEmpty, "nothing has to be done")
        #expect(new.fleet[again]?.machine == old.fleet[web]?.machine)
        #expect(new.fleet[again]?.history == old.fleet[web]?.history)
        #expect(new.fleet[again]?.history.runs == 2)
        new.end(again, .code(4))
        #expect(new.spawned == [again])
        #expect(new.fleet[again]?.history.runs == 3)
        #expect(new.anomalies == 0)
    }

    @Test(
        "gives one its turn to start that came back while it was leaving",
        arguments: [false, true]
    )
    func returning(_ hasEnded: Bool) throws {
        var old = TestFleet()
        let web = old.addRunning("web")
        old.fleet.remove(web, at: old.now)
        old.drain()
        #expect(old.fleet.add(.named("web")) == web)
        if hasEnded { old.end(web) }
        let record = try #require(old.fleet.record(of: web))
        #expect(record.isGone == hasEnded, "what is at rest is added as if it were new")
        if !hasEnded {
            var new = try reborn(old, [web])
            let again = try id("web", in: new)
            #expect(new.fleet.add(.named("web")) == again)
            new.fleet.autostart([again], at: new.now)
            new.end(again)
            #expect(new.spawned == [again])
        }
        old.fleet.autostart([web], at: old.now)
        #expect(old.fleet.record(of: web)?.isLeaving == false)
    }

    @Test("makes a start again that was cut short, and holds it against nobody")
    func aborted() throws {
        var old = TestFleet()
        let web = old.add("web")
        old.tell(.start, web)
        old.tell(.exited(.code(1)), web)
        old.pass(.seconds(1))
        #expect(old.fleet[web]?.machine.failures == 1)
        #expect(old.fleet[web]?.history.runs == 2)
        var new = try reborn(old, [web])
        let again = try id("web", in: new)
        new.tell(.startAborted, again)
        #expect(new.spawned == [again])
        #expect(new.state(again) == .starting)
        #expect(new.fleet[again]?.machine.failures == 1)
        #expect(new.fleet[again]?.history.runs == 2, "the run that never was is not counted")
        #expect(new.anomalies == 0)
    }

    @Test("makes a start that was decided and not made")
    func spawning() throws {
        var fleet = Fleet(seed: 1)
        let id = fleet.add(.named("web"))
        fleet.handle(.start, for: id, at: epoch)
        let record = try #require(fleet.record(of: id))
        #expect(record.phase == .spawning(failures: 0))
        var new = TestFleet()
        let again = new.fleet.restore(record, as: .named("web"))
        new.drain()
        #expect(new.spawned == [again])
    }

    @Test("sends the stop signal exactly when it may not have been sent")
    func owedSignal() throws {
        var old = TestFleet()
        let web = old.addRunning("web")
        old.fleet.handle(.stop, for: web, at: old.now)
        let before = try #require(old.fleet.record(of: web))
        #expect(before.owesSignal)
        old.drain()
        let after = try #require(old.fleet.record(of: web))
        #expect(!after.owesSignal)
        for (record, times) in [(before, 1), (after, 0)] {
            var new = TestFleet()
            new.now = old.now
            let again = new.fleet.restore(record, as: .named("web"))
            new.drain()
            #expect(new.terminated.count == times)
            #expect(new.fleet[again]?.machine == old.fleet[web]?.machine)
            new.pass(.seconds(10))
            #expect(new.killed == [again], "its deadline stands")
        }
    }

    @Test("ends a stop by the rules it began with")
    func rules() throws {
        var old = TestFleet()
        let web = old.addRunning("web", .plain { $0.stopWait = .seconds(3) })
        old.tell(.stop, web)
        var spec = MemberSpec.named("web")
        spec.policy.killAsGroup = false
        old.fleet.change(web, to: spec, restarting: false, at: old.now)
        old.drain()
        var new = try reborn(old, [web])
        let again = try id("web", in: new)
        #expect(new.fleet[again]?.machine.policy.killAsGroup == true)
        #expect(new.fleet[again]?.spec == spec)
        new.tell(.exited(.code(0)), again)
        #expect(new.effects.contains(.inspectGroup(again, 101)))
        new.tell(.groupEmptied, again)
        #expect(new.fleet[again]?.machine.policy.killAsGroup == false, "the next goes by the new")
    }

    @Test("looks at a group again that was not empty")
    func emptying() throws {
        var old = TestFleet()
        let web = old.addRunning("web")
        old.tell(.restart, web)
        old.tell(.exited(.code(0)), web)
        var new = try reborn(old, [web])
        new.drain()
        let again = try id("web", in: new)
        #expect(new.effects == [.inspectGroup(again, 101)])
        new.pass(.seconds(10))
        #expect(new.killed == [again])
        new.tell(.groupEmptied, again)
        #expect(new.spawned == [again])
    }

    @Test("goes on with a shutdown, one priority after the other", arguments: [false, true])
    func shutdown(_ isKilling: Bool) throws {
        var old = TestFleet()
        let first = old.addRunning("first", groupPriority: 1)
        let last = old.addRunning("last", groupPriority: 2)
        old.fleet.shutDown(at: old.now)
        old.drain()
        if isKilling {
            old.fleet.shutDown(at: old.now)
            old.drain()
        }
        var new = try reborn(old, [first, last])
        new.drain()
        let (one, two) = (try id("first", in: new), try id("last", in: new))
        #expect(new.fleet.isShuttingDown)
        #expect(new.state(two) == .stopping)
        #expect(new.state(one) == (isKilling ? .stopping : .running))
        #expect(new.terminated.isEmpty, "both have been asked already")
        new.end(two)
        #expect(new.state(one) == .stopping)
        new.end(one)
        #expect(new.effects.contains(.shutdownComplete))
        #expect(new.anomalies == 0)
    }

    @Test("completes a shutdown that had only to be told")
    func overShutdown() throws {
        var new = TestFleet()
        new.fleet.resumeShutdown(.killing, at: new.now)
        new.drain()
        #expect(new.effects == [.shutdownComplete])
    }

    @Test("lets go of a member that was leaving, by what was known of it last")
    func leaving() throws {
        var old = TestFleet()
        let web = old.addRunning("web", priority: 5, groupPriority: 6)
        old.fleet.remove(web, at: old.now)
        old.drain()
        let record = try #require(old.fleet.record(of: web))
        var new = TestFleet()
        new.now = old.now
        let again = new.fleet.restore(record, as: record.lastSpec)
        #expect(new.fleet[again]?.spec.priority == 5)
        #expect(new.fleet[again]?.spec.groupPriority == 6)
        new.end(again)
        #expect(new.effects.contains(.removed(again)))
        #expect(new.fleet[again] == nil)
    }

    @Test("tells whose record has changed, once, and of nobody who has done nothing")
    func touched() {
        var fleet = TestFleet()
        let quiet = fleet.add("quiet")
        let web = fleet.add("web")
        let gone = fleet.add("gone")
        #expect(fleet.fleet.takeTouched().isEmpty)
        fleet.tell(.start, web)
        fleet.tell(.executed, web)
        fleet.tell(.start, gone)
        #expect(fleet.fleet.takeTouched() == [web, gone])
        #expect(fleet.fleet.takeTouched().isEmpty)
        fleet.tell(.start, web)
        #expect(fleet.fleet.takeTouched().isEmpty, "nothing has changed")
        fleet.fleet.change(quiet, to: .named("quiet", priority: 3), restarting: false, at: epoch)
        #expect(fleet.fleet.takeTouched().isEmpty)
        fleet.fleet.change(web, to: .named("web", priority: 3), restarting: false, at: epoch)
        #expect(fleet.fleet.takeTouched() == [web])
        fleet.fleet.remove(gone, at: fleet.now)
        fleet.drain()
        fleet.end(gone)
        #expect(fleet.fleet.takeTouched().isEmpty, "it is gone, and its record goes with it")
    }

    @Test("takes back whatever can be read, and never traps", arguments: [1, 2, 3] as [UInt64])
    func anything(_ seed: UInt64) {
        var records = RandomRecord(seed: seed)
        for _ in 0..<300 {
            var new = TestFleet()
            new.now = RandomRecord.now
            let record = records.make()
            let id = new.fleet.restore(record, as: record.lastSpec)
            new.drain()
            let events: [ProcessMachine.Event] = [
                .start, .stop, .restart, .executed, .startAborted, .exited(.code(1)),
                .groupEmptied, .kill, .start,
            ]
            for event in events {
                new.tell(event, id)
                new.pass(.seconds(3600))
            }
            #expect(new.fleet[id] == nil || new.fleet[id]?.name == record.name)
        }
    }
}
