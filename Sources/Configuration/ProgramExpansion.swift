// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import Supervision
import YAML

/// The making of the processes of a typed section: expansion, paths, and defaults.
///
/// A thousand of `numprocs` are made whenever a manager takes over, so what no name has a part in is
/// read from the section once.
struct ProgramExpansion {
    let program: MergedProgram
    let section: Section
    let daemon: DaemonSettings
    let group: String
    /// The names of the process that is made now.
    private(set) var names: Expansion
    /// The names that all processes have.
    private let commonNames: Expansion
    /// What all processes have.
    private let common: ProcessConfiguration
    private let stdout: Channel
    private let stderr: Channel?

    /// - Parameters:
    ///   - program: Where the section comes from.
    ///   - section: The keys of the program.
    ///   - group: The group that it is in.
    ///   - names: The names of all processes.
    ///   - daemon: The settings of the daemon.
    init(
        program: MergedProgram,
        section: Section,
        group: String,
        names: Expansion,
        daemon: DaemonSettings
    ) {
        self.program = program
        self.section = section
        self.group = group
        self.daemon = daemon
        self.names = names
        commonNames = names
        common = ProcessConfiguration(common: section, of: program, daemon)
        stdout = Channel("stdout", section, daemon)
        stderr =
            section.boolean("redirect_stderr") == true ? nil : Channel("stderr", section, daemon)
    }

    /// The process of a number; nil when it has no usable name.
    mutating func process(_ number: Int, in loading: inout Loading) -> ProcessConfiguration? {
        names = commonNames
        names.numbers["process_num"] = number
        // A program's own variables can be used by its other keys, as in supervisord.
        let environment = loading.expand(section.environment("environment") ?? [], with: names)
        for (name, value) in environment { names.environment[name] = value }
        guard let name = processName(&loading) else { return nil }
        let directory = path("directory", &loading)
        var process = common
        process.name = ProcessName(group: group, process: name)
        process.arguments = arguments(directory: directory, &loading)
        process.directory = directory
        process.environment = environment
        process.environmentFiles = environmentFiles(&loading)
        process.user = section.text("user").flatMap { loading.user($0, with: names) }
        process.socket = socket(&loading)
        if process.socket != nil { process.stdin = .none }
        process.stdout = log(stdout, of: process.name, &loading)
        process.stderr = stderr.map { .log(log($0, of: process.name, &loading)) } ?? .redirected
        process.serverURL = serverURL(&loading)
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

    private func log(
        _ channel: Channel,
        of name: ProcessName,
        _ loading: inout Loading
    ) -> LogSettings {
        var settings = channel.settings
        settings.destination = destination(channel, of: name, &loading)
        guard channel.goesToSyslog else { return settings }
        switch settings.destination {
        case .none: settings.destination = .syslog
        case .syslog: break
        case .file, .inherit: settings.alsoSyslog = true
        }
        return settings
    }

    private func destination(
        _ channel: Channel,
        of name: ProcessName,
        _ loading: inout Loading
    ) -> LogDestination {
        guard let template = channel.template else {
            return .file(automaticLog(channel.name, of: name))
        }
        switch channel.word {
        case "AUTO": return .file(automaticLog(channel.name, of: name))
        case "NONE": return .none
        case "INHERIT": return .inherit
        case "SYSLOG": return .syslog
        case "OFF":
            loading.complaints.error(
                "'\(channel.key)' takes \(ValueKind.logDestination.expectation); for OFF write NONE",
                at: template.mark
            )
            return .none
        default:
            guard let path = path(channel.key, &loading) else { return .none }
            loading.checkDevice(path, key: channel.key, at: template.mark)
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

/// What a section says of one output, whatever its process is called.
private struct Channel {
    /// `stdout` or `stderr`.
    let name: String
    /// The key that names the file.
    let key: String
    let template: Template?
    /// The destination as a word in capitals, which it may be.
    let word: String
    let goesToSyslog: Bool
    /// All but the destination.
    let settings: LogSettings

    init(_ name: String, _ section: Section, _ daemon: DaemonSettings) {
        self.name = name
        key = name + "_logfile"
        template = section.text(key)
        word = template?.text.uppercased() ?? ""
        goesToSyslog = section.boolean(name + "_syslog") == true
        var settings = LogSettings(destination: .none)
        if let size = section.size(key + "_maxbytes") { settings.maxBytes = size }
        if let count = section.integer(key + "_backups") { settings.backups = count }
        if let policy = section.choice("on_full").flatMap(FullLogPolicy.init(rawValue:)) {
            settings.onFull = policy
        }
        if let isPrefixed = section.boolean("inherit_prefix") { settings.isPrefixed = isPrefixed }
        settings.stripsEscapes = section.boolean("strip_ansi") ?? daemon.stripsEscapes
        if let size = section.size(name + "_capture_maxbytes") { settings.captureMaxBytes = size }
        if let isTold = section.boolean(name + "_events_enabled") { settings.hasEvents = isTold }
        self.settings = settings
    }
}
