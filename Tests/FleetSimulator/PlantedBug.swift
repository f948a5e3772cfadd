// SPDX-License-Identifier: Apache-2.0

/// A mistake that a supervisor could really make, switched on to see that the simulator finds it.
///
/// All of them sit on the boundary between the fleet and the kernel, where events and effects can
/// be lost, doubled, reordered or changed: so the rules themselves carry no test code.
package enum PlantedBug: String, CaseIterable, Sendable {
    /// Deadlines are handled before child exits: a dead program is promoted to RUNNING.
    case deadlinesBeforeExits
    /// Every fourth exit of a process that is being stopped is reaped but told to nobody.
    case exitLost
    /// An exit is told twice, as after a report that was not acknowledged.
    case exitTwice
    /// The exit of a stranger is taken for that of the process that had its pid before.
    case pidReused
    /// All exits are reaped first and told afterwards by pid: a start in between reuses a pid.
    case reapedInOneGo
    /// Only one exit is told a turn, and deadlines do not wait for the others.
    case deadlinesBetweenExits
    /// A process group is called empty as soon as its leader is gone.
    case groupNotInspected
    /// SIGKILL goes to the leader's pid even when the leader is gone and its group remains.
    case killsLeaderOnly
    /// SIGKILL to a group without a leader fails and nobody tries again.
    case killsNoGroup
    /// A child counts as executed as soon as it is cloned: startsecs run too early.
    case executedTooSoon
    /// Death by a signal looks like exit status 0, as with a status decoded wrongly.
    case signalIsSuccess
    /// One attempt more than `startretries` allows.
    case oneRetryMore
    /// The answer is lost when the process has left the configuration meanwhile.
    case answerLost
    /// Deadlines are compared with a clock that is one second ahead.
    case clockAhead
    /// A second request to shut down is swallowed.
    case secondShutdownIgnored
    /// Group priorities are forgotten: everything is stopped at the same time.
    case prioritiesForgotten
    /// A child may execute before its record is written: the next manager does not know it.
    case gateBeforeRecord
    /// An exit is acknowledged before the record is written: a crash in between loses it.
    case acknowledgedTooSoon
    /// What is done comes before what is written: the next manager does it once more, or undoes it.
    case recordedTooLate
    /// The next manager does not look at groups that were not empty.
    case groupForgotten
    /// A start that was cut short is held against the program.
    case abortIsFailure
    /// The next manager knows nothing of the shutdown under way.
    case shutdownForgotten
    /// A stop signal that was decided and not sent is never sent.
    case signalForgotten
}
