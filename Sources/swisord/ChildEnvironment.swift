// SPDX-License-Identifier: Apache-2.0

import Configuration
import OrderedCollections
import Platform
import Supervision

/// Puts together the environment of a program.
///
/// Low to high: the daemon's own, `swisord.environment`, the user's identity, the program's
/// `env_file`s in order, the program's `environment`, the SUPERVISOR_* variables.
struct ChildEnvironment {
    /// The daemon's own variables as programs may see them.
    let inherited: OrderedDictionary<String, String>
    let socket: String
    /// The user that the daemon itself became, and so all programs that name no other.
    let daemonUser: Credentials?

    /// Variables that a service manager above us meant for us alone, and those of a supervisor
    /// above us: a program that believed them would talk to the wrong one.
    private static let private_ = [
        "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC",
        "WATCHDOG_PID", "SUPERVISOR_ENABLED", "SUPERVISOR_SERVER_URL", "SUPERVISOR_PROCESS_NAME",
        "SUPERVISOR_GROUP_NAME", "SWISORD_GUARDIAN", "SWISORD_MANAGER", "SWISORD_READY",
        "SWISORD_RUN",
    ]

    init(daemon: [String: String], socket: String, daemonUser: Credentials? = nil) {
        var inherited = OrderedDictionary<String, String>()
        for (name, value) in daemon.sorted(by: { $0.key < $1.key })
        where !ChildEnvironment.private_.contains(name) {
            inherited[name] = value
        }
        self.inherited = inherited
        self.socket = socket
        self.daemonUser = daemonUser
    }

    /// The variables of one process.
    ///
    /// - Parameters:
    ///   - process: Whose environment it is.
    ///   - user: Whom it runs as, when that is configured.
    ///   - files: What its `env_file`s say, in order.
    /// - Returns: Names and values in a stable order.
    func variables(
        for process: ProcessConfiguration,
        user: Credentials?,
        files: [OrderedDictionary<String, String>]
    ) -> OrderedDictionary<String, String> {
        var variables = inherited
        variables.merge(process.baseEnvironment) { $1 }
        if let user = user ?? daemonUser {
            variables["HOME"] = user.home
            variables["USER"] = user.name
            variables["LOGNAME"] = user.name
            variables["SHELL"] = user.shell
        }
        for file in files { variables.merge(file) { $1 } }
        variables.merge(process.environment) { $1 }
        variables["SUPERVISOR_ENABLED"] = "1"
        variables["SUPERVISOR_SERVER_URL"] =
            switch process.serverURL {
            case .automatic: "unix://\(socket)"
            case .text(let text): text
            }
        variables["SUPERVISOR_PROCESS_NAME"] = process.name.process
        variables["SUPERVISOR_GROUP_NAME"] = process.name.group
        return variables
    }
}
