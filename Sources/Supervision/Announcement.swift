// SPDX-License-Identifier: Apache-2.0

/// Something that listeners and clients are told: an event of supervisord, and what it says.
///
/// This is the one place where payloads are made. They are supervisord's to the byte, except that
/// they are pure ASCII: see `ASCIIText`.
package enum Announcement: Hashable, Sendable {
    case processState(ProcessName, StateChange)
    /// What a program wrote between the tags of process communication.
    case communication(ProcessName, PID, OutputChannel, [UInt8])
    /// What a program wrote, as it was read.
    case log(ProcessName, PID, OutputChannel, [UInt8])
    /// What a client had announced.
    case remote(type: String, data: String)
    case daemonIsRunning
    case daemonIsStopping
    case tick(TickPeriod, at: Int)
    case groupAdded(String)
    case groupRemoved(String)

    package var type: EventType {
        switch self {
        case .processState(_, let change): change.to.eventType
        case .communication(_, _, .stdout, _): .processCommunicationStdout
        case .communication(_, _, .stderr, _): .processCommunicationStderr
        case .log(_, _, .stdout, _): .processLogStdout
        case .log(_, _, .stderr, _): .processLogStderr
        case .remote: .remoteCommunication
        case .daemonIsRunning: .supervisorStateChangeRunning
        case .daemonIsStopping: .supervisorStateChangeStopping
        case .tick(let period, _): period.eventType
        case .groupAdded: .processGroupAdded
        case .groupRemoved: .processGroupRemoved
        }
    }

    /// What the event says, in ASCII.
    package var payload: String {
        switch self {
        case .processState(let name, let change):
            Self.head(name) + " from_state:\(change.from.name)" + Self.details(change)
        case .communication(let name, let pid, _, let bytes):
            Self.head(name) + " pid:\(pid)\n" + ASCIIText.of(bytes)
        case .log(let name, let pid, let channel, let bytes):
            Self.head(name) + " pid:\(pid) channel:\(channel.rawValue)\n" + ASCIIText.of(bytes)
        case .remote(let type, let data):
            "type:" + ASCIIText.of(type) + "\n" + ASCIIText.of(data)
        case .daemonIsRunning, .daemonIsStopping: ""
        case .tick(_, let instant): "when:\(instant)"
        case .groupAdded(let name), .groupRemoved(let name):
            "groupname:" + ASCIIText.of(name) + "\n"
        }
    }

    private static func head(_ name: ProcessName) -> String {
        "processname:" + ASCIIText.of(name.process) + " groupname:" + ASCIIText.of(name.group)
    }

    private static func details(_ change: StateChange) -> String {
        let pid = change.pid ?? 0
        return switch change.to {
        case .starting, .backoff: " tries:\(change.failures)"
        case .running, .stopping, .stopped: " pid:\(pid)"
        case .exited: " expected:\(change.isExpected ? 1 : 0) pid:\(pid)"
        case .fatal, .unknown: ""
        }
    }
}

/// One of a program's two outputs.
package enum OutputChannel: String, Hashable, Sendable, CaseIterable {
    case stdout, stderr
}
