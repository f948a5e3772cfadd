// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import YAML

/// The section `swisord`, read and expanded, with the places of its keys.
struct DraftDaemon {
    var settings: DaemonSettings
    var marks: [String: Mark]
}

extension Loading {
    /// Reads and expands the section `swisord`, and fills in every default.
    mutating func readDaemon(of main: LoadedFile) -> DraftDaemon {
        var section = Section()
        if let entry = main.section("swisord") {
            if let entries = entry.value.mapping {
                section = readSection(entries, table: .daemon, place: "'swisord'")
            } else {
                complaints.error(
                    "'swisord' takes a map of keys, not \(entry.value.kindName)",
                    at: entry.value.mark
                )
            }
        }
        let first = expansion(here: main.directory, over: [:])
        let environment = expand(section.environment("environment") ?? [], with: first)
        let names = expansion(here: main.directory, over: environment)
        var settings = settings(of: section, names: names, directory: main.directory)
        settings.environment = environment
        settings.http = readHTTP(of: main, names: names)
        check(settings, section)
        return DraftDaemon(settings: settings, marks: section.marks)
    }

    private mutating func settings(
        of section: Section,
        names: Expansion,
        directory: String
    ) -> DaemonSettings {
        func path(_ key: String, _ loading: inout Loading) -> String? {
            guard let template = section.text(key), let text = loading.expand(template, with: names)
            else { return nil }
            return loading.path(text, at: template.mark, in: directory)
        }
        let places = StandardPlaces(surroundings)
        let runtime = path("runtime_dir", &self) ?? places.runtime
        let state = path("state_dir", &self) ?? places.state
        let logs = surroundings.isRoot ? places.logs : state + "/log"
        var settings = DaemonSettings(
            logfile: path("logfile", &self) ?? logs + "/swisord.log",
            childlogdir: path("childlogdir", &self) ?? logs,
            socket: path("socket", &self) ?? runtime + "/swisord.sock",
            runtimeDirectory: runtime,
            stateDirectory: state
        )
        if let logfile = section.text("logfile"), DaemonSettings.isSyslog(logfile.text) {
            settings.logfile = nil
        }
        settings.pidfile = path("pidfile", &self)
        settings.directory = path("directory", &self)
        if let size = section.size("logfile_maxbytes") { settings.logfileMaxBytes = size }
        if let count = section.integer("logfile_backups") { settings.logfileBackups = count }
        if let level = section.choice("loglevel").flatMap(LogLevel.init(rawValue:)) {
            settings.logLevel = level
        }
        if let mode = section.octal("socket_mode") { settings.socketMode = mode }
        settings.socketOwner = section.text("socket_owner").flatMap { user($0, with: names) }
        if let umask = section.octal("umask") { settings.umask = umask }
        if let nodaemon = section.boolean("nodaemon") { settings.nodaemon = nodaemon }
        if let silent = section.boolean("silent") { settings.silent = silent }
        if let strips = section.boolean("strip_ansi") { settings.stripsEscapes = strips }
        if let policy = section.choice("orphans").flatMap(OrphanPolicy.init(rawValue:)) {
            settings.orphans = policy
        }
        if let means = section.choice("process_trees").flatMap(ProcessTrees.init(rawValue:)) {
            settings.processTrees = means
        }
        settings.minimumFiles = section.integer("minfds")
        settings.minimumProcesses = section.integer("minprocs")
        settings.user = section.text("user").flatMap { user($0, with: names) }
        if let template = section.text("identifier"), let text = expand(template, with: names) {
            settings.identifier = text
        }
        return settings
    }

    private mutating func check(_ settings: DaemonSettings, _ section: Section) {
        if let mark = section.marks["logfile"], let template = section.text("logfile") {
            let words = ["NONE", "AUTO", "INHERIT", "OFF"]
            if words.contains(template.text.uppercased()) {
                complaints.error(
                    "'logfile' takes a path or SYSLOG, not \(quoted(template.text)); the daemon "
                        + "shows its log on stdout as well when it runs with -n",
                    at: mark
                )
            }
            if let logfile = settings.logfile { checkDevice(logfile, key: "logfile", at: mark) }
        }
        // sun_path holds 108 bytes, the last of which is NUL.
        let length = settings.socket.utf8.count
        guard length > 107 else { return }
        let message =
            "the path of the socket has \(length) bytes, and the system allows 107: "
            + "\(settings.socket)"
        if let mark = section.marks["socket"] {
            complaints.error(message, at: mark)
        } else if let mark = section.marks["runtime_dir"] {
            complaints.error(message + "; set 'socket' to another place", at: mark)
        } else {
            complaints.error(message + "; set 'socket' in the section 'swisord'", file: "")
        }
    }

    /// Complains about a log that is no file: rotating a device would replace it.
    mutating func checkDevice(_ path: String, key: String, at mark: Mark) {
        let folded = PathText.folded(path)
        guard folded.hasPrefix("/dev/") || folded.hasPrefix("/proc/"),
            !folded.hasPrefix("/dev/shm/")
        else { return }
        let instead =
            key == "logfile"
            ? "with -n the daemon shows its log on stdout as well"
            : folded == "/dev/null" ? "write NONE" : "write INHERIT for the daemon's own output"
        complaints.error("'\(key)' takes a file, not a device; \(instead)", at: mark)
    }
}

/// Where the daemon keeps its things when the file does not say.
struct StandardPlaces {
    let runtime: String
    let state: String
    let logs: String

    init(_ surroundings: Surroundings) {
        if surroundings.isRoot {
            runtime = "/run/swisord"
            state = "/var/lib/swisord"
            logs = "/var/log/swisord"
            return
        }
        func absolute(_ name: String) -> String? {
            surroundings.environment[name].flatMap { $0.hasPrefix("/") ? PathText.tidy($0) : nil }
        }
        runtime =
            absolute("XDG_RUNTIME_DIR").map { $0 + "/swisord" }
            ?? "/tmp/swisord-\(surroundings.userID)"
        state =
            (absolute("XDG_STATE_HOME")
                ?? PathText.tidy(surroundings.homeDirectory + "/.local/state"))
            + "/swisord"
        logs = state + "/log"
    }
}
