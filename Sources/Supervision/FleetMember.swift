// SPDX-License-Identifier: Apache-2.0

/// The number of a process in its fleet, never used twice.
package struct MemberID: Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// What the fleet must know of a process to supervise it.
package struct MemberSpec: Hashable, Sendable {
    package var name: ProcessName
    package var policy: ProcessPolicy
    package var priority: Int
    package var groupPriority: Int

    package init(
        name: ProcessName,
        policy: ProcessPolicy,
        priority: Int = 999,
        groupPriority: Int = 999
    ) {
        self.name = name
        self.policy = policy
        self.priority = priority
        self.groupPriority = groupPriority
    }
}

/// One process of a fleet: its rules, its machine and what has become of its runs.
package struct FleetMember: Sendable {
    /// The past of a process; the machine itself remembers only what its next step needs.
    package struct History: Hashable, Sendable {
        /// When the current or last run began.
        package var startedAt: Instant?
        /// When the last run ended.
        package var endedAt: Instant?
        package var lastExit: ExitStatus?
        /// How long the run that `lastExit` ended had lasted.
        package var lastDuration: Duration?
        /// Runs so far, the current one included.
        package var runs = 0

        package init() {}
    }

    package let id: MemberID
    package internal(set) var spec: MemberSpec
    package internal(set) var machine: ProcessMachine
    package internal(set) var history = History()
    /// Removed from the configuration; it goes once its process is gone.
    package internal(set) var isLeaving = false
    /// It is in the configuration again, and has not had its turn to start by itself since.
    var isReturning = false
    var waiters: [Waiter] = []
    /// The stop signal of a stop under way may not have been sent yet.
    var owesSignal = false
    /// It has had its turn to start by itself, or something was told to it.
    var hasMoved = false
    /// Its record has changed since the caller last asked.
    var isTouched = false

    init(id: MemberID, spec: MemberSpec) {
        self.id = id
        self.spec = spec
        machine = ProcessMachine(policy: spec.policy)
    }

    package var name: ProcessName { spec.name }

    /// Lets the machine go by the rules of `spec`, unless a stop is under way.
    ///
    /// A stop ends by the rules it began with: if `killasgroup` could be turned off while only
    /// the group is left, SIGKILL would go to a pid that may be somebody else's by then.
    mutating func takeUpRules() {
        if machine.state != .stopping { machine.policy = spec.policy }
    }

    /// The order in which processes are started; they are stopped in the opposite one.
    static func startsBefore(_ left: FleetMember, _ right: FleetMember) -> Bool {
        (left.spec.groupPriority, left.name.group, left.spec.priority, left.name.process)
            < (right.spec.groupPriority, right.name.group, right.spec.priority, right.name.process)
    }
}
