// SPDX-License-Identifier: Apache-2.0

import Supervision

/// The files of logs that are called `AUTO`.
enum AutomaticLog {
    static func path(_ channel: String, of name: ProcessName, in directory: String) -> String {
        "\(directory)/\(name)\(channel == "stderr" ? ".err" : "").log"
    }
}

extension LogSettings {
    /// The log that is called `AUTO`, with nothing else set.
    init(automatic channel: String, of name: ProcessName, _ settings: DaemonSettings) {
        let path = AutomaticLog.path(channel, of: name, in: settings.childlogdir)
        self.init(destination: .file(path))
    }
}

extension Configuration {
    /// Has all logs that are called `AUTO` in another directory, as the command line asks for.
    package mutating func moveAutomaticLogs(to directory: String) {
        let old = daemon.childlogdir
        daemon.childlogdir = directory
        for index in processes.indices {
            let name = processes[index].name
            func move(_ channel: String, _ log: inout LogSettings) {
                guard log.destination == .file(AutomaticLog.path(channel, of: name, in: old)) else {
                    return
                }
                log.destination = .file(AutomaticLog.path(channel, of: name, in: directory))
            }
            move("stdout", &processes[index].stdout)
            if case .log(var log) = processes[index].stderr {
                move("stderr", &log)
                processes[index].stderr = .log(log)
            }
        }
    }
}
