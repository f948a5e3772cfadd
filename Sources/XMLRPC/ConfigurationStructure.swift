// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// The settings of a process, told as supervisord tells them.
///
/// What has no value is the text `none`, what is worked out by itself the text `auto`.
enum ConfigurationStructure {
    static func value(_ process: ConfiguredProcess) -> XMLValue {
        .structure(
            identity(process) + policy(process) + log("stdout", process.stdout)
                + log("stderr", process.stderr)
        )
    }

    private static func identity(_ process: ConfiguredProcess) -> [XMLValue.Member] {
        [
            .init("name", .text(process.name)), .init("group", .text(process.group)),
            .init("command", .text(process.commandLine)),
            .init("directory", .text(process.directory ?? "none")),
            .init("uid", process.uid.map { .int(Int($0)) } ?? .text("none")),
            .init("inuse", .bool(process.inUse)),
            .init("group_prio", .int(process.groupPriority)),
            .init("process_prio", .int(process.processPriority)),
            .init("serverurl", .text(process.serverURL ?? "none")),
        ]
    }

    private static func policy(_ process: ConfiguredProcess) -> [XMLValue.Member] {
        let restart: XMLValue =
            switch process.autorestart {
            case "true": .bool(true)
            case "false": .bool(false)
            default: .text(process.autorestart)
            }
        return [
            .init("autostart", .bool(process.autostart)), .init("autorestart", restart),
            .init("exitcodes", .array(process.exitCodes.map { .int(Int($0)) })),
            .init("startsecs", .int(whole(process.startSeconds))),
            .init("startretries", .int(process.startRetries ?? .max)),
            .init("stopsignal", .int(Int(process.stopSignalNumber))),
            .init("stopwaitsecs", .int(process.stopWaitSeconds.map(whole) ?? .max)),
            .init("killasgroup", .bool(process.killAsGroup)),
            .init("redirect_stderr", .bool(process.stderr.destination == .stdout)),
        ]
    }

    private static func log(_ name: String, _ log: ConfiguredProcess.Log) -> [XMLValue.Member] {
        // What goes where the other goes has no such settings; supervisord tells its defaults.
        let isJoined = log.destination == .stdout
        return [
            .init("\(name)_logfile", .text(log.path ?? "none")),
            .init("\(name)_logfile_backups", .int(isJoined ? 10 : log.backups)),
            .init(
                "\(name)_logfile_maxbytes",
                .int(isJoined ? 50 << 20 : Int(clamping: log.maxBytes))
            ),
            .init("\(name)_syslog", .bool(log.destination == .syslog || log.syslog == true)),
            .init("\(name)_capture_maxbytes", .int(Int(clamping: log.captureMaxBytes))),
            .init("\(name)_events_enabled", .bool(log.eventsEnabled)),
        ]
    }

    /// Whole seconds; what is more than none is at least one.
    private static func whole(_ seconds: Double) -> Int {
        Int(exactly: seconds.rounded(.up)) ?? .max
    }
}
