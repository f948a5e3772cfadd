// SPDX-License-Identifier: Apache-2.0

/// Where an output of a program goes.
private enum LogTarget: Hashable {
    case automatic, none, syslog
    /// The daemon's own output with this descriptor.
    case inherited(Int)
    case file(String)
    /// A device or a pipe that no log can go to here.
    case device(String)

    init(_ text: String) {
        switch text.lowercased() {
        case "auto": self = .automatic
        case "none", "off", "/dev/null": self = .none
        case "syslog": self = .syslog
        case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/1/fd/1", "/proc/self/1":
            self = .inherited(1)
        case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2", "/proc/1/fd/2": self = .inherited(2)
        default:
            let isDevice = text.hasPrefix("/dev/") && !text.hasPrefix("/dev/shm/")
            self = isDevice || text.hasPrefix("/proc/") ? .device(text) : .file(text)
        }
    }

    var value: YAMLValue? {
        switch self {
        case .automatic, .device: nil
        case .none: .plain("NONE")
        case .syslog: .plain("SYSLOG")
        case .inherited: .plain("INHERIT")
        case .file(let path): .text(path)
        }
    }
}

extension Converter {
    /// The keys that say where output goes, which supervisord lets clash and swisord does not.
    mutating func output(_ section: INISection, _ name: String, _ entries: inout [YAMLEntry]) {
        let isRedirected = isTrue(entries["redirect_stderr"])
        let stdout = target("stdout", of: section, &entries)
        let stderr = isRedirected ? LogTarget.automatic : target("stderr", of: section, &entries)
        checkDescriptor(stdout, 1, section["stdout_logfile"])
        let isShared = !isRedirected && stdout == stderr && stdout.isPlace
        if isShared || isRedirected {
            if isShared { loseErrorKeys(section, entries) }
            for key in entries.map(\.key) where key.hasPrefix("stderr_") { entries[key] = nil }
        } else {
            checkDescriptor(stderr, 2, section["stderr_logfile"])
        }
        if isShared {
            entries.set("redirect_stderr", .plain("true"), remark: "both went to the same place")
        }
        if entries.contains(where: { $0.value == .plain("INHERIT") }) { hasInheritedOutput = true }
        share("stdout", section, name, &entries)
        share("stderr", section, name, &entries)
    }

    /// Tells what standard error has no more of its own where it has become standard output.
    private mutating func loseErrorKeys(_ section: INISection, _ entries: [YAMLEntry]) {
        for key in ["stderr_capture_maxbytes", "stderr_events_enabled", "stderr_syslog"] {
            guard let value = section[key], let text = settled(value, key),
                boolean(text) ?? (text != "0")
            else { continue }
            // All of it goes there anyway.
            if key == "stderr_syslog", isTrue(entries["stdout_syslog"]) { continue }
            lose("'\(key)' cannot be kept: both outputs are one here", at: value.place)
        }
    }

    /// Reads where one output goes and writes it down.
    private mutating func target(
        _ channel: String,
        of section: INISection,
        _ entries: inout [YAMLEntry]
    ) -> LogTarget {
        let key = "\(channel)_logfile"
        var target = LogTarget.automatic
        let original = section[key]
        if let original, let pieces = percentText(original, twice: true),
            let text = written(pieces, of: original), !text.isEmpty
        {
            noteMissing(pieces.names, original)
            target = LogTarget(text)
            if case .inherited = target, text.hasPrefix("/proc/1/") {
                noteOnce(
                    "INHERIT is the daemon's own output, and '\(text)' that of process 1",
                    at: original.place
                )
            }
        }
        let syslog = section["\(channel)_syslog"]
        if let syslog, let text = settled(syslog, "\(channel)_syslog"), boolean(text) ?? false {
            switch target {
            case .none, .syslog: target = .syslog
            case .automatic, .inherited, .file, .device:
                entries.append(entry("\(channel)_syslog", .plain("true"), of: syslog))
            }
        }
        guard let place = original ?? syslog else { return target }
        if case .device(let path) = target {
            lose(
                "'\(key)' cannot be '\(path)' here: a log is a file, not a device",
                at: place.place
            )
        }
        if case .file(let path) = target { checkPath(path, place) }
        if let value = target.value { entries.append(entry(key, value, of: place)) }
        switch target {
        case .none, .syslog, .inherited:
            entries["\(key)_maxbytes"] = nil
            entries["\(key)_backups"] = nil
        case .automatic, .file, .device: break
        }
        return target
    }

    /// Tells that an output changes sides.
    private mutating func checkDescriptor(
        _ target: LogTarget,
        _ descriptor: Int,
        _ value: INIValue?
    ) {
        guard case .inherited(let other) = target, other != descriptor, let value else { return }
        let names = [1: "stdout", 2: "stderr"]
        note(
            "INHERIT is the daemon's \(names[descriptor] ?? ""), and not its \(names[other] ?? "")",
            at: value.place
        )
    }
}

extension LogTarget {
    /// Whether two outputs that have it are written into one thing.
    fileprivate var isPlace: Bool {
        switch self {
        case .inherited, .file: true
        case .automatic, .none, .syslog, .device: false
        }
    }
}
