// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import Supervision
import YAML

/// The making of one process of a typed section: expansion, paths, and defaults.
struct ProgramExpansion {
    let program: MergedProgram
    let section: Section
    var names: Expansion
    let daemon: DaemonSettings

    /// The process; nil when it has no usable name.
    mutating func process(in loading: inout Loading) -> ProcessConfiguration? {
        // A program's own variables can be used by its other keys, as in supervisord.
        let environment = loading.expand(section.environment("environment") ?? [], with: names)
        for (name, value) in environment { names.environment[name] = value }
        guard let name = processName(&loading) else { return nil }
        let directory = path("directory", &loading)
        let group = names.texts["group_name"] ?? program.name
        var process = ProcessConfiguration(
            name: ProcessName(group: group, process: name),
            program: program.name,
            arguments: arguments(directory: directory, &loading),
            origin: Origin(program.nameMark)
        )
        process.policy = policy()
        process.priority = section.integer("priority") ?? 999
        process.directory = directory
        process.baseEnvironment = daemon.environment
        process.environment = environment
        process.environmentFiles = environmentFiles(&loading)
        process.user = section.text("user").flatMap { loading.user($0, with: names) }
        process.umask = section.octal("umask")
        if let source = section.choice("stdin").flatMap(InputSource.init(rawValue:)) {
            process.stdin = source
        }
        process.socket = socket(&loading)
        if process.socket != nil { process.stdin = .none }
        process.stdout = log("stdout", of: process.name, &loading)
        process.stderr =
            section.boolean("redirect_stderr") == true
            ? .redirected : .log(log("stderr", of: process.name, &loading))
        process.serverURL = serverURL(&loading)
        if section.choice("leftovers") == "stop" { process.leftovers = .stop }
        return process
    }

    private func processName(_ loading: inout Loading) -> String? {
        guard let template = section.text("process_name") else { return program.name }
        guard let name = loading.expand(template, with: names),
            loading.checkName(name, of: "process", at: template.mark)
        else { return nil }
        return name
    }

    /// The argument vector; a relative path of a program starts where the program will run.
    private func arguments(directory: String?, _ loading: inout Loading) -> [String] {
        var words = (section.texts("command") ?? []).compactMap { loading.expand($0, with: names) }
        guard let first = words.first else { return [] }
        if first.isEmpty, let mark = section.marks["command"] {
            loading.complaints.error("the first word of 'command' is empty", at: mark)
        }
        if !first.hasPrefix("/"), first.contains("/") {
            words[0] = PathText.tidy((directory ?? program.directory) + "/" + first)
        }
        return words
    }

    private func policy() -> ProcessPolicy {
        var policy = ProcessPolicy()
        if let value = section.boolean("autostart") { policy.autostart = value }
        switch section.choice("autorestart") {
        case "true": policy.restart = .always
        case "false": policy.restart = .never
        default: policy.restart = .unexpected
        }
        if let value = section.exitCodes("exitcodes") { policy.exitCodes = value }
        if let value = section.duration("startsecs") { policy.startSeconds = value }
        if let value = section.integer("startretries") { policy.startRetries = value }
        if section.isUnlimited("startretries") { policy.startRetries = nil }
        if let value = section.signal("stopsignal") { policy.stopSignal = value }
        if let value = section.duration("stopwaitsecs") { policy.stopWait = value }
        if section.isUnlimited("stopwaitsecs") { policy.stopWait = nil }
        if let value = section.boolean("stopasgroup") { policy.stopAsGroup = value }
        if let value = section.boolean("killasgroup") { policy.killAsGroup = value }
        if let backoff = section.map("backoff") {
            if let value = backoff.duration("initial") { policy.backoff.initial = value }
            if let value = backoff.number("factor") { policy.backoff.factor = value }
            if let value = backoff.duration("max") { policy.backoff.max = value }
            if let value = backoff.number("jitter") { policy.backoff.jitter = value }
        }
        return policy
    }

    private func path(_ key: String, _ loading: inout Loading) -> String? {
        guard let template = section.text(key), let text = loading.expand(template, with: names)
        else { return nil }
        return loading.path(text, at: template.mark, in: program.directory)
    }

    private func environmentFiles(_ loading: inout Loading) -> [EnvironmentFileReference] {
        (section.texts("env_file") ?? []).compactMap { template in
            guard let text = loading.expand(template, with: names) else { return nil }
            let isOptional = text.hasPrefix("-")
            let name = isOptional ? String(text.dropFirst()) : text
            return loading.path(name, at: template.mark, in: program.directory).map {
                EnvironmentFileReference(path: $0, isOptional: isOptional)
            }
        }
    }

    private func log(_ channel: String, of name: ProcessName, _ loading: inout Loading)
        -> LogSettings
    {
        var settings = LogSettings(destination: .none)
        if let size = section.size(channel + "_logfile_maxbytes") { settings.maxBytes = size }
        if let count = section.integer(channel + "_logfile_backups") { settings.backups = count }
        if let policy = section.choice("on_full").flatMap(FullLogPolicy.init(rawValue:)) {
            settings.onFull = policy
        }
        if let isPrefixed = section.boolean("inherit_prefix") { settings.isPrefixed = isPrefixed }
        settings.stripsEscapes = section.boolean("strip_ansi") ?? daemon.stripsEscapes
        if let size = section.size(channel + "_capture_maxbytes") {
            settings.captureMaxBytes = size
        }
        if let isTold = section.boolean(channel + "_events_enabled") { settings.hasEvents = isTold }
        settings.destination = destination(channel, of: name, &loading)
        if section.boolean(channel + "_syslog") == true {
            switch settings.destination {
            case .none: settings.destination = .syslog
            case .syslog: break
            case .file, .inherit: settings.alsoSyslog = true
            }
        }
        return settings
    }

    private func destination(
        _ channel: String,
        of name: ProcessName,
        _ loading: inout Loading
    ) -> LogDestination {
        let key = channel + "_logfile"
        guard let template = section.text(key) else {
            return .file(automaticLog(channel, of: name))
        }
        switch template.text.uppercased() {
        case "AUTO": return .file(automaticLog(channel, of: name))
        case "NONE": return .none
        case "INHERIT": return .inherit
        case "SYSLOG": return .syslog
        case "OFF":
            loading.complaints.error(
                "'\(key)' takes \(ValueKind.logDestination.expectation); for OFF write NONE",
                at: template.mark
            )
            return .none
        default:
            guard let path = path(key, &loading) else { return .none }
            loading.checkDevice(path, key: key, at: template.mark)
            return .file(path)
        }
    }

    /// The file of `AUTO`: named as the process is in `status`, so no two can have the same.
    private func automaticLog(_ channel: String, of name: ProcessName) -> String {
        AutomaticLog.path(channel, of: name, in: daemon.childlogdir)
    }

    private func serverURL(_ loading: inout Loading) -> ServerURL {
        guard let template = section.text("serverurl"), template.text.uppercased() != "AUTO",
            let text = loading.expand(template, with: names)
        else { return .automatic }
        return .text(text)
    }
}
