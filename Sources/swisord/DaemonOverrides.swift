// SPDX-License-Identifier: Apache-2.0

import Configuration

/// Settings of the command line, which go over those of the file, at every reading of it.
struct DaemonOverrides: Equatable, Sendable {
    var logfile: String?
    var logfileMaxBytes: UInt64?
    var logfileBackups: Int?
    var logLevel: LogLevel?
    var pidfile: String?
    var directory: String?
    var user: UserReference?
    var umask: UInt32?
    var identifier: String?
    var childlogdir: String?
    var minimumFiles: Int?
    var minimumProcesses: Int?
    var nodaemon = false
    var silent = false

    func apply(to configuration: inout Configuration) {
        if let childlogdir { configuration.moveAutomaticLogs(to: childlogdir) }
        apply(to: &configuration.daemon)
    }

    func apply(to settings: inout DaemonSettings) {
        if let logfile {
            settings.logfile = DaemonSettings.isSyslog(logfile) ? nil : logfile
        }
        if let logLevel { settings.logLevel = logLevel }
        if let pidfile { settings.pidfile = pidfile }
        if let directory { settings.directory = directory }
        if let user { settings.user = user }
        if let umask { settings.umask = umask }
        if let identifier { settings.identifier = identifier }
        if let logfileMaxBytes { settings.logfileMaxBytes = logfileMaxBytes }
        if let logfileBackups { settings.logfileBackups = logfileBackups }
        if let minimumFiles { settings.minimumFiles = minimumFiles }
        if let minimumProcesses { settings.minimumProcesses = minimumProcesses }
        if nodaemon { settings.nodaemon = true }
        if silent { settings.silent = true }
    }
}
