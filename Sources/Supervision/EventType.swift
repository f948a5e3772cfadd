// SPDX-License-Identifier: Apache-2.0

/// The kinds of events that listeners subscribe to, by supervisord's names.
///
/// A name that others begin with stands for all of them: `PROCESS_STATE` for every
/// `PROCESS_STATE_…`, and `EVENT` for everything.
package enum EventType: String, Hashable, Sendable, CaseIterable {
    case event = "EVENT"
    case processState = "PROCESS_STATE"
    case processStateStopped = "PROCESS_STATE_STOPPED"
    case processStateExited = "PROCESS_STATE_EXITED"
    case processStateStarting = "PROCESS_STATE_STARTING"
    case processStateStopping = "PROCESS_STATE_STOPPING"
    case processStateBackoff = "PROCESS_STATE_BACKOFF"
    case processStateFatal = "PROCESS_STATE_FATAL"
    case processStateRunning = "PROCESS_STATE_RUNNING"
    case processStateUnknown = "PROCESS_STATE_UNKNOWN"
    case processCommunication = "PROCESS_COMMUNICATION"
    case processCommunicationStdout = "PROCESS_COMMUNICATION_STDOUT"
    case processCommunicationStderr = "PROCESS_COMMUNICATION_STDERR"
    case processLog = "PROCESS_LOG"
    case processLogStdout = "PROCESS_LOG_STDOUT"
    case processLogStderr = "PROCESS_LOG_STDERR"
    case remoteCommunication = "REMOTE_COMMUNICATION"
    case supervisorStateChange = "SUPERVISOR_STATE_CHANGE"
    case supervisorStateChangeRunning = "SUPERVISOR_STATE_CHANGE_RUNNING"
    case supervisorStateChangeStopping = "SUPERVISOR_STATE_CHANGE_STOPPING"
    case tick = "TICK"
    case tick5 = "TICK_5"
    case tick60 = "TICK_60"
    case tick3600 = "TICK_3600"
    case processGroup = "PROCESS_GROUP"
    case processGroupAdded = "PROCESS_GROUP_ADDED"
    case processGroupRemoved = "PROCESS_GROUP_REMOVED"

    /// The type of that name, in any case; nil when there is none.
    package init?(named name: String) {
        self.init(rawValue: name.uppercased())
    }

    /// Whether a subscription to this type gets events of the other.
    package func covers(_ other: EventType) -> Bool {
        self == .event || self == other || other.rawValue.hasPrefix(rawValue + "_")
    }

    /// The types that a subscription to this one gets, and that events are of.
    package var concreteTypes: [EventType] {
        Self.allCases.filter { covers($0) && !$0.isAbstract }
    }

    /// Whether it stands for others, and no event is of it.
    package var isAbstract: Bool {
        Self.allCases.contains { $0 != self && covers($0) }
    }
}

extension ProcessState {
    /// The type of the event that tells of entering this state.
    package var eventType: EventType {
        switch self {
        case .stopped: .processStateStopped
        case .starting: .processStateStarting
        case .running: .processStateRunning
        case .backoff: .processStateBackoff
        case .stopping: .processStateStopping
        case .exited: .processStateExited
        case .fatal: .processStateFatal
        case .unknown: .processStateUnknown
        }
    }
}
