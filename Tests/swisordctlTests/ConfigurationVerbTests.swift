// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

@Suite("reread, update, avail, reload and shutdown")
struct ConfigurationVerbTests {
    static let plan = ReloadPlan(
        added: ["c", "a"],
        changed: ["b"],
        removed: ["d"],
        steps: [.init(name: "b", group: "b", action: .restart, reason: "command changed")],
        available: [
            .init(
                name: "a",
                group: "a",
                inUse: false,
                autostart: true,
                groupPriority: 999,
                processPriority: 1
            )
        ]
    )

    static let configured: ConfiguredList = {
        func process(_ name: String, _ group: String, inUse: Bool) -> ConfiguredProcess {
            ConfiguredProcess(
                name: name,
                group: group,
                program: name,
                inUse: inUse,
                arguments: ["a"],
                stdout: .init(.none),
                stderr: .init(.none)
            )
        }
        var first = process("z", "g", inUse: true)
        first.autostart = false
        first.groupPriority = 10
        var second = process("a", "a", inUse: false)
        second.processPriority = 1
        return ConfiguredList(configured: [first, second])
    }()

    static let shuttingDown = Response.failure(APIError(.shuttingDown, "shutting down"))
    static let invalid = Response.failure(
        APIError(.invalidConfiguration, "s.yaml:1:1: error: unknown key 'x'\n    x: 1\n    ^")
    )

    static let rows = [
        Row("reread", .plan(plan), "a: available\nb: changed\nc: available\nd: disappeared", 0),
        Row("reread", .plan(ReloadPlan()), "No config updates to processes", 0),
        Row("reread", shuttingDown, "ERROR: supervisor shutting down", 1),
        Row(
            "reread",
            invalid,
            "ERROR: CANT_REREAD: s.yaml:1:1: error: unknown key 'x'\n    x: 1\n    ^",
            1
        ),
        Row(
            "update",
            .plan(plan),
            """
            d: stopped
            d: removed process group
            b: stopped
            b: updated process group
            c: added process group
            a: added process group
            """,
            0
        ),
        Row("update", shuttingDown, "ERROR: already shutting down", 1),
        Row(
            "update all",
            invalid,
            "ERROR: CANT_REREAD: s.yaml:1:1: error: unknown key 'x'\n    x: 1\n    ^",
            1
        ),
        Row(
            "avail",
            .available(configured),
            """
            a                                avail     auto      999:1
            g:z                              in use    manual    10:999
            """,
            0
        ),
        Row("avail", shuttingDown, "ERROR: supervisor shutting down", 1),
        Row("add a", report(result("*", group: "a", .added)), "a: added process group", 0),
        Row(
            "add a",
            report(result("*", group: "a", .added, .alreadyAdded)),
            "ERROR: process group already active",
            0
        ),
        Row(
            "add b a",
            report(
                result("*", group: "b", .added, .noSuchGroup),
                result("*", group: "a", .added)
            ),
            "ERROR: no such process/group: b\na: added process group",
            1
        ),
        Row("add a", shuttingDown, "ERROR: shutting down", 1),
        Row("remove a", report(result("*", group: "a", .removed)), "a: removed process group", 0),
        Row(
            "remove a",
            report(result("*", group: "a", .removed, .stillRunning)),
            "ERROR: process/group still running: a",
            1
        ),
        Row(
            "remove a",
            report(result("*", group: "a", .removed, .noSuchGroup)),
            "ERROR: no such process/group: a",
            1
        ),
        Row("reload", shuttingDown, "ERROR: already shutting down", 1),
        Row("reload", invalid, "s.yaml:1:1: error: unknown key 'x'\n    x: 1\n    ^", 1),
        Row("shutdown", report(), "Shut down", 0),
        Row("shutdown", shuttingDown, "ERROR: already shutting down", 0),
    ]

    @Test("print supervisorctl's lines and exit with its numbers", arguments: rows)
    func table(row: Row) {
        let seen = Transcript(row.line, row.answer)
        #expect(seen.output == row.output + "\n")
        #expect(seen.status == row.status)
    }

    @Test("update prints nothing when nothing changed")
    func noUpdate() {
        let seen = Transcript("update", .plan(ReloadPlan(applied: true)))
        #expect(seen.output == "")
        #expect(seen.status == 0)
        #expect(seen.requests == [.apply(groups: [])])
    }

    @Test("update does not say stopped of a group in which everything runs on")
    func quietChange() {
        let plan = ReloadPlan(
            changed: ["b"],
            steps: [.init(name: "b", group: "b", action: .update, reason: "priority changed")]
        )
        #expect(Transcript("update", .plan(plan)).output == "b: updated process group\n")
    }

    @Test("update of groups complains of those that do not exist and applies the others")
    func updateOfGroups() {
        let seen = Transcript("update nope a", .plan(Self.plan), .plan(ReloadPlan(added: ["a"])))
        #expect(seen.output == "ERROR: no such group: nope\na: added process group\n")
        #expect(seen.status == 1)
        #expect(seen.requests == [.plan, .apply(groups: ["a"])])
        #expect(Transcript("update nope", .plan(Self.plan)).requests == [.plan])
        #expect(Transcript("update g all", .plan(Self.plan)).requests == [.apply(groups: [])])
    }

    @Test("update --plan shows each process with a reason, of all groups or some")
    func planned() {
        let plan = ReloadPlan(
            steps: [
                .init(name: "b", group: "g", action: .restart, reason: "command changed"),
                .init(name: "a", group: "a", action: .keep, reason: "unchanged"),
                .init(name: "c", group: "c", action: .stop, reason: "no longer in the file"),
            ]
        )
        let all = Transcript("update --plan", .plan(plan))
        #expect(
            all.output == """
                a                                keep      unchanged
                c                                stop      no longer in the file
                g:b                              restart   command changed\n
                """
        )
        #expect(all.requests == [.plan])
        #expect(all.status == 0)
        let some = Transcript("update nope a --plan", .plan(plan))
        #expect(
            some.output == """
                ERROR: no such group: nope
                a                                keep      unchanged\n
                """
        )
        #expect(some.status == 1)
        #expect(some.requests == [.plan])
    }

    @Test("reload names the file and then what changed")
    func reload() {
        let seen = Transcript(
            "reload",
            .plan(ReloadPlan(added: ["a"])),
            .daemon(daemonInfo())
        )
        #expect(
            seen.output == "Reloaded /etc/swisord/supervisor.yaml\na: added process group\n"
        )
        #expect(seen.requests == [.reload, .daemon])
    }

    @Test("tell warnings and what takes a restart of the daemon, on standard error")
    func advice() {
        let plan = ReloadPlan(
            needsDaemonRestart: ["socket", "logfile"],
            warnings: ["f: warning: no match"]
        )
        #expect(
            Transcript("reread", .plan(plan)).errors == """
                f: warning: no match
                these take effect when swisord itself is started again: socket, logfile\n
                """
        )
    }

    @Test(
        "take no arguments",
        arguments: ["reread", "avail", "reload", "shutdown", "version"]
    )
    func noArguments(verb: String) {
        let seen = Transcript("\(verb) x")
        #expect(seen.output.hasPrefix("Error: \(verb) accepts no arguments\n\(verb)  "))
        #expect(seen.status == 1)
        #expect(seen.requests.isEmpty)
    }
}
