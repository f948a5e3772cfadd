// SPDX-License-Identifier: Apache-2.0

import ControlAPI

extension Session {
    /// What `update` has done, in the order and words of supervisorctl.
    func tellChanges(of plan: ReloadPlan) {
        for group in plan.removed {
            say("\(group): stopped")
            say("\(group): removed process group")
        }
        for group in plan.changed {
            if plan.interrupts(group) { say("\(group): stopped") }
            say("\(group): updated process group")
        }
        for group in plan.added {
            say("\(group): added process group")
        }
        adviseOn(plan)
    }

    /// What a reader of the plan must know and no line of supervisorctl says.
    func adviseOn(_ plan: ReloadPlan) {
        for warning in plan.warnings { advise(warning) }
        guard !plan.needsDaemonRestart.isEmpty else { return }
        let settings = plan.needsDaemonRestart.joined(separator: ", ")
        advise("these take effect when swisord itself is started again: \(settings)")
    }
}

extension ReloadPlan {
    /// Whether a change of this group stops something; true where the plan has no details.
    fileprivate func interrupts(_ group: String) -> Bool {
        let steps = steps.filter { $0.group == group }
        return steps.isEmpty || steps.contains { $0.action == .stop || $0.action == .restart }
    }
}
