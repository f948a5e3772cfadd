// SPDX-License-Identifier: Apache-2.0

/// What must be known of a member to go on with it after the manager has died.
///
/// A member without a record has not had its turn to start by itself: after a crash it is added
/// and started like a new one, so autostart goes on where it was.
package struct MemberRecord: Hashable, Sendable {
    /// The rules that a stop under way began with; it goes by them to its end.
    package struct StopRules: Hashable, Sendable {
        package var signal: Signal
        /// Nil waits for ever.
        package var wait: Duration?
        package var stopAsGroup: Bool
        package var killAsGroup: Bool

        package init(_ policy: ProcessPolicy) {
            signal = policy.stopSignal
            wait = policy.stopWait
            stopAsGroup = policy.stopAsGroup
            killAsGroup = policy.killAsGroup
        }
    }

    /// What the caller adds: what tells this run from any other, for the rules only numbers.
    package struct Outside: Hashable, Sendable {
        /// When the leader was made, in ticks since boot.
        package var startTicks: UInt64 = 0
        /// The inode of the leader's pidfd; 0 where the kernel gives none.
        package var pidInode: UInt64 = 0
        /// The inodes of the pipes that the run writes to; 0 stands for none.
        package var stdoutPipe: UInt64 = 0
        package var stderrPipe: UInt64 = 0
        /// When the leader was last seen, in ticks since boot: until then its number was its own;
        /// 0 where that is not known.
        package var seenTicks: UInt64 = 0
        /// Of the configuration that was applied to the member last; where the one in force has
        /// another, a crash came between, and the change is to be applied again.
        package var fingerprint: UInt64 = 0

        package init() {}
    }

    package var name: ProcessName
    package var priority: Int
    package var groupPriority: Int
    package var phase: ProcessMachine.Phase
    /// Set while a stop is under way, else nil.
    package var stopRules: StopRules?
    /// Whether the stop signal may not have been sent yet.
    package var owesSignal = false
    package var history = FleetMember.History()
    package var isLeaving = false
    /// Whether it is the run of an earlier daemon that is not to be touched.
    package var isLeftAlone = false
    package var outside = Outside()

    package init(name: ProcessName, phase: ProcessMachine.Phase) {
        self.name = name
        self.phase = phase
        priority = 999
        groupPriority = 999
    }

    /// What is written down of a member that has left the fleet, and whose output may not have been
    /// read to the end.
    package static func ofGone(_ name: ProcessName) -> MemberRecord {
        var record = MemberRecord(name: name, phase: .stopped)
        record.isLeaving = true
        return record
    }

    /// Whether the member has left the fleet.
    package var isGone: Bool {
        isLeaving && !ProcessMachine(policy: ProcessPolicy(), restored: phase).isActive
    }

    /// The run whose leader was not reaped when this was written.
    package var liveRun: ProcessMachine.Run? { phase.liveRun }

    /// The run of which something may have lived when this was written.
    package var unsettledRun: ProcessMachine.Run? { phase.unsettledRun }

    /// Whether the leader was gone while others of its run were still being stopped.
    package var isEmptying: Bool {
        if case .emptying = phase { true } else { false }
    }

    /// A specification for a member that the configuration does not know any more.
    package var lastSpec: MemberSpec {
        MemberSpec(
            name: name,
            policy: policy(over: ProcessPolicy()),
            priority: priority,
            groupPriority: groupPriority
        )
    }

    /// `policy`, but with the rules of a stop that is under way.
    func policy(over policy: ProcessPolicy) -> ProcessPolicy {
        guard let stopRules else { return policy }
        var policy = policy
        policy.stopSignal = stopRules.signal
        policy.stopWait = stopRules.wait
        policy.stopAsGroup = stopRules.stopAsGroup
        policy.killAsGroup = stopRules.killAsGroup
        return policy
    }
}

/// How far a shutdown has come, as far as it must outlive the manager.
package enum ShutdownStage: UInt8, Hashable, Sendable, CaseIterable {
    case none, stopping, killing
}
