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
            for key in entries.map(\.key) where key.hasPrefix("stderr_logfile") {
                entries[key] = nil
            }
        } else {
            checkDescriptor(stderr, 2, section["stderr_logfile"])
        }
        if isShared {
            entries.set("redirect_stderr", .plain("true"), remark: "both went to the same place")
        }
        share("stdout", section, name, &entries)
        share("stderr", section, name, &entries)
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
            target = LogTarget(text)
        }
        let syslog = section["\(channel)_syslog"]
        if let syslog, let text = settled(syslog, "\(channel)_syslog"), boolean(text) ?? false {
            switch target {
            case .automatic, .none, .syslog: target = .syslog
            case .inherited, .file, .device:
                lose(
                    "an output goes to one place here, and '\(key)' has it; "
                        + "write SYSLOG there for the other",
                    at: syslog.place
                )
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

    /// Gives each process a file of its own where several would rotate one under each other.
    private mutating func share(
        _ channel: String,
        _ section: INISection,
        _ name: String,
        _ entries: inout [YAMLEntry]
    ) {
        let key = "\(channel)_logfile"
        guard let log = entries[key], case .text(let path) = log.value, let value = section[key]
        else { return }
        var unique = path
        let copies = entries["numprocs"].map { $0.value != .plain("1") } ?? false
        if copies, !path.contains("%(process_num)") {
            unique = path.inserting("-%(process_num)s")
            lose(
                "the processes of [\(section.name)] all log to '\(path)'; here each has its own, "
                    + "'\(unique)'",
                at: value.place
            )
        }
        // What is the same text can be two files where the name of the program is in it.
        let identity = unique.contains("%(program_name)") ? "\(unique) of \(name)" : unique
        if let owner = logs[identity] {
            unique = unique.inserting("-\(name)")
            lose(
                "'\(path)' is a log of \(owner) as well; here each has its own, '\(unique)'",
                at: value.place
            )
        }
        logs[identity] = logs[identity] ?? "'\(name)'"
        logs[unique] = logs[unique] ?? "'\(name)'"
        if unique != path { entries.set(key, .text(unique)) }
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

extension String {
    /// A path with something put before the ending of the name.
    fileprivate func inserting(_ text: String) -> String {
        let start = lastIndex(of: "/").map { index(after: $0) } ?? startIndex
        guard let dot = self[start...].lastIndex(of: "."), dot != start else { return self + text }
        return self[..<dot] + text + self[dot...]
    }
}
