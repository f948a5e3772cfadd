// SPDX-License-Identifier: Apache-2.0

private import CSpawn
private import SystemPackage

/// A process that has just been made and has not become its program yet.
package struct SpawnedChild: ~Copyable {
    /// The exit status of a gated child that was never let go, or that found nobody to report to any
    /// more, and so never executed.
    package static let neverExecuted: Int32 = SWISORD_NEVER_EXECUTED

    /// Its pid, and the id of the session and process group that it will lead.
    package let pid: Int32
    /// Tells how its way to exec ended, see `SpawnReport`.
    package let report: OwnedDescriptor
    /// Whether it was born in the cgroup that was asked for, and not in this process's.
    package let isInCgroup: Bool
    /// What a gated child waits for.
    ///
    /// Closed with this value when it is not let go, and the child ends, as it does when this
    /// process dies.
    private let gate: OwnedDescriptor?
    /// What the child reads until it has executed; it may be let go of only after the gate, since
    /// that waits for the child.
    private let program: PreparedProgram

    init(
        pid: Int32,
        report: consuming OwnedDescriptor,
        gate: consuming OwnedDescriptor?,
        program: PreparedProgram,
        isInCgroup: Bool
    ) {
        self.pid = pid
        self.report = report
        self.gate = gate
        self.program = program
        self.isInCgroup = isInCgroup
    }

    /// Lets a gated child go on to execute, and lets go of everything but the report.
    ///
    /// Who has died meanwhile says so by its report and its exit status. For a child that is not
    /// gated this is the same as `takeReport`.
    package consuming func letGo() -> OwnedDescriptor {
        if let gate { _ = swisord_let_go(gate.rawValue) }
        return report
    }

    /// Lets go of everything but the report; a gated child ends.
    package consuming func takeReport() -> OwnedDescriptor {
        report
    }
}

extension Spawner {
    /// Why no child can be born in a cgroup here; nil as long as the system has refused none.
    package static var cgroupRefusal: SystemError? {
        let number = swisord_cgroups_refused()
        return number == 0 ? nil : SystemError("clone3", errno: Errno(rawValue: number))
    }
}
