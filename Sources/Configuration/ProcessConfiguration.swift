// SPDX-License-Identifier: Apache-2.0

package import OrderedCollections
package import Supervision
package import YAML

/// One process as the file describes it: what to run, how to watch it, where its output goes.
package struct ProcessConfiguration: Hashable, Sendable {
    package var name: ProcessName
    /// The key under `programs` that this process was made from.
    package var program: String
    package var policy: ProcessPolicy
    /// The order within the group: low numbers start first and stop last.
    package var priority: Int
    /// The argument vector, never empty; its first word may need a search along PATH.
    package var arguments: [String]
    /// The absolute working directory, or nil for that of the daemon.
    package var directory: String?
    /// `swisord.environment`: goes over the daemon's own variables.
    package var baseEnvironment: OrderedDictionary<String, String>
    /// Files that are read again at every start, in order: they go over `baseEnvironment`.
    package var environmentFiles: [EnvironmentFileReference]
    /// The program's own `environment`: goes over all of these, and only SUPERVISOR_* over it.
    package var environment: OrderedDictionary<String, String>
    package var user: UserReference?
    package var umask: UInt32?
    package var stdin: InputSource
    package var socket: SocketSettings?
    package var stdout: LogSettings
    package var stderr: StderrSettings
    package var serverURL: ServerURL
    package var leftovers: LeftoverRule
    /// What it is told of, for an event listener; nil for any other program.
    package var listener: ListenerConfiguration?
    /// Where the program stands in the file; two equal programs may stand in different places.
    package var origin: Origin

    package init(name: ProcessName, program: String, arguments: [String], origin: Origin) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.origin = origin
        policy = ProcessPolicy()
        priority = 999
        baseEnvironment = [:]
        environment = [:]
        environmentFiles = []
        stdin = .none
        stdout = LogSettings(destination: .none)
        stderr = .log(LogSettings(destination: .none))
        serverURL = .automatic
        leftovers = .keep
    }

    /// Stands in for a process that runs and is in no file any more.
    ///
    /// Where its output went is not known; by default that was a log called `AUTO`, as it is here.
    package init(unconfigured name: ProcessName, _ settings: DaemonSettings) {
        self.init(
            name: name,
            program: name.process,
            arguments: [name.process],
            origin: Origin(Mark(file: "", line: 0, column: 0))
        )
        stdout = LogSettings(automatic: "stdout", of: name, settings)
        stderr = .log(LogSettings(automatic: "stderr", of: name, settings))
    }
}

/// What becomes of processes that live on when the program has ended by itself.
package enum LeftoverRule: Hashable, Sendable {
    /// They are left alone, and shown.
    case keep
    /// They are killed.
    case stop
}

/// What a program reads from.
package enum InputSource: String, Hashable, Sendable, CaseIterable {
    /// Nothing: /dev/null.
    case none = "NONE"
    /// A pipe that clients write to by the daemon.
    case pipe = "PIPE"
}

/// An `env_file` of a program.
package struct EnvironmentFileReference: Hashable, Sendable {
    package var path: String
    /// Whether the file may be missing (`-path`).
    package var isOptional: Bool

    package init(path: String, isOptional: Bool) {
        self.path = path
        self.isOptional = isOptional
    }
}

/// What SUPERVISOR_SERVER_URL says to a program.
package enum ServerURL: Hashable, Sendable {
    /// The daemon's own socket.
    case automatic
    case text(String)
}

/// A place in a file that takes no part in comparisons.
package struct Origin: Hashable, Sendable {
    package var mark: Mark

    package init(_ mark: Mark) {
        self.mark = mark
    }

    package static func == (left: Origin, right: Origin) -> Bool { true }

    package func hash(into hasher: inout Hasher) {}
}
