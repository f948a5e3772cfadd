// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import OrderedCollections
import Platform
import Supervision
import Testing

@testable import swisord

@Suite("A plan of what a reload does")
struct ReloadPlanTests {
    private func plan(_ old: Configuration, _ new: Configuration) -> ReloadPlan {
        ReloadPlan(ConfigurationChange(from: old, to: new), from: old, to: new)
    }

    @Test("has one step for every process, with its reason")
    func steps() {
        let old = Configuration.made([
            .made("gone"), .made("kept"), .made("changed"), .made("ruled"),
        ])
        let new = Configuration.made([
            .made("changed") { $0.arguments = ["sleep", "2"] }, .made("fresh"),
            .made("idle") { $0.policy.autostart = false }, .made("kept"),
            .made("ruled") { $0.policy.stopSignal = .interrupt },
        ])
        let plan = plan(old, new)
        let steps = plan.steps.map { "\($0.action.rawValue) \($0.name): \($0.reason)" }
        #expect(
            steps == [
                "stop gone: no longer in the file", "start fresh: new in the file",
                "add idle: new in the file", "restart changed: command changed",
                "update ruled: stopsignal changed", "keep kept: unchanged",
            ]
        )
        #expect(plan.added == ["fresh", "idle"])
        #expect(plan.changed == ["changed", "ruled"])
        #expect(plan.removed == ["gone"])
        #expect(!plan.applied)
    }

    @Test("lists every process of the file, in use or not")
    func available() {
        let new = Configuration.made([
            .made("a") { $0.priority = 5 }, .made("b") { $0.policy.autostart = false },
        ])
        let plan = plan(.made([.made("a")]), new)
        #expect(plan.available.map(\.name) == ["a", "b"])
        #expect(plan.available.map(\.inUse) == [true, false])
        #expect(plan.available.map(\.autostart) == [true, false])
        #expect(plan.available.map(\.processPriority) == [5, 999])
    }

    @Test("of some groups leaves the others as they are")
    func taking() {
        let credentials = Credentials(
            uid: 7,
            gid: 7,
            groups: [],
            name: "u",
            home: "/",
            shell: "/"
        )
        let old = LoadedConfiguration(
            configuration: .made([.made("a"), .made("b"), .made("c")]),
            accounts: [:],
            history: .made("/old")
        )
        let user = UserReference("u")
        var new = LoadedConfiguration(
            configuration: .made([
                .made("a") { $0.arguments = ["new"] }, .made("b") { $0.arguments = ["new"] },
                .made("d"),
            ]),
            accounts: [:],
            history: .made("/new")
        )
        if let user { new.accounts[user] = credentials }
        let mixed = old.taking(["b", "c", "d"], from: new)
        let processes = mixed.configuration.processes
        #expect(processes.map(\.name.process) == ["a", "b", "d"])
        #expect(processes[0].arguments == ["sleep", "1"])
        #expect(processes[1].arguments == ["new"])
        #expect(Array(mixed.configuration.groups.keys) == ["a", "b", "d"])
        #expect(mixed.accounts.count == 1)
        #expect(mixed.history.steps.map(\.groups) == [nil, ["b", "c", "d"]])
        #expect(mixed.history.steps.map(\.reading?.recording.file) == ["/old", "/new"])
    }
}
