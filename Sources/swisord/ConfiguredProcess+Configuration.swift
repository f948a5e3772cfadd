// SPDX-License-Identifier: Apache-2.0

import Configuration
import ControlAPI
import OrderedCollections
import Platform
import Supervision

extension ConfiguredList {
    /// What the file says, in the words of the wire.
    ///
    /// - Parameters:
    ///   - file: As it was read.
    ///   - current: What is in force.
    init(_ file: LoadedConfiguration, inUse current: LoadedConfiguration) {
        self.init(
            configured: file.configuration.processes.map { process in
                var entry = ConfiguredProcess(
                    process,
                    inUse: current.configuration.groups[process.name.group] != nil
                )
                entry.uid = process.user.flatMap { file.accounts[$0]?.uid }
                entry.groupPriority =
                    file.configuration.groups[process.name.group]?.priority ?? 999
                return entry
            }
        )
    }
}

extension ConfiguredProcess {
    fileprivate init(_ process: ProcessConfiguration, inUse: Bool) {
        let stderr: Log =
            switch process.stderr {
            case .redirected: Log(.stdout)
            case .log(let settings): Log(settings)
            }
        self.init(
            name: process.name.process,
            group: process.name.group,
            program: process.program,
            inUse: inUse,
            arguments: process.arguments,
            stdout: Log(process.stdout),
            stderr: stderr
        )
        directory = process.directory
        user = process.user?.text
        umask = process.umask
        processPriority = process.priority
        stdin = process.stdin.rawValue
        if case .text(let url) = process.serverURL { serverURL = url }
        take(process.policy)
    }

    private mutating func take(_ policy: ProcessPolicy) {
        autostart = policy.autostart
        autorestart =
            switch policy.restart {
            case .always: "true"
            case .never: "false"
            case .unexpected: "unexpected"
            }
        exitCodes = policy.exitCodes.sorted()
        startSeconds = policy.startSeconds.inSeconds
        startRetries = policy.startRetries
        stopSignal = policy.stopSignal.name
        stopSignalNumber = policy.stopSignal.rawValue
        stopWaitSeconds = policy.stopWait?.inSeconds
        stopAsGroup = policy.stopAsGroup
        killAsGroup = policy.killAsGroup
    }
}

extension ConfiguredProcess.Log {
    fileprivate init(_ settings: LogSettings) {
        var path: String?
        let destination: Destination
        switch settings.destination {
        case .file(let file): (destination, path) = (.file, file)
        case .none: destination = .none
        case .inherit: destination = .inherit
        case .syslog: destination = .syslog
        }
        self.init(
            destination,
            path: path,
            maxBytes: settings.maxBytes,
            backups: settings.backups,
            syslog: settings.alsoSyslog
        )
        captureMaxBytes = settings.captureMaxBytes
        eventsEnabled = settings.hasEvents
    }
}
