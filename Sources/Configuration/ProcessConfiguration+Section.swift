// SPDX-License-Identifier: Apache-2.0

import Supervision

/// What a section says of all its processes alike.
extension ProcessConfiguration {
    /// What no name has a part in; the rest is for each process to set.
    init(common section: Section, of program: MergedProgram, _ daemon: DaemonSettings) {
        self.init(
            name: ProcessName(group: "", process: ""),
            program: program.name,
            arguments: [],
            origin: Origin(program.nameMark)
        )
        policy = ProcessPolicy(section)
        priority = section.integer("priority") ?? 999
        baseEnvironment = daemon.environment
        umask = section.octal("umask")
        if let source = section.choice("stdin").flatMap(InputSource.init(rawValue:)) {
            stdin = source
        }
        if section.choice("leftovers") == "stop" { leftovers = .stop }
    }
}

extension ProcessPolicy {
    /// The rules of a section, with the defaults where it says nothing.
    fileprivate init(_ section: Section) {
        self.init()
        if let value = section.boolean("autostart") { autostart = value }
        switch section.choice("autorestart") {
        case "true": restart = .always
        case "false": restart = .never
        default: restart = .unexpected
        }
        if let value = section.exitCodes("exitcodes") { exitCodes = value }
        if let value = section.duration("startsecs") { startSeconds = value }
        if let value = section.integer("startretries") { startRetries = value }
        if section.isUnlimited("startretries") { startRetries = nil }
        if let value = section.signal("stopsignal") { stopSignal = value }
        if let value = section.duration("stopwaitsecs") { stopWait = value }
        if section.isUnlimited("stopwaitsecs") { stopWait = nil }
        if let value = section.boolean("stopasgroup") { stopAsGroup = value }
        if let value = section.boolean("killasgroup") { killAsGroup = value }
        if let section = section.map("backoff") {
            if let value = section.duration("initial") { backoff.initial = value }
            if let value = section.number("factor") { backoff.factor = value }
            if let value = section.duration("max") { backoff.max = value }
            if let value = section.number("jitter") { backoff.jitter = value }
        }
    }
}
