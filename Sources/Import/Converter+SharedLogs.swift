// SPDX-License-Identifier: Apache-2.0

import Configuration

extension Converter {
    /// Gives each process a file of its own where several would rotate one under each other.
    mutating func share(
        _ channel: String,
        _ section: INISection,
        _ name: String,
        _ entries: inout [YAMLEntry]
    ) {
        let key = "\(channel)_logfile"
        guard let log = entries[key], case .text(let path) = log.value, let value = section[key]
        else { return }
        var unique = path
        let writers = LogWriters(name, group: membership[name] ?? name, entries)
        if writers.numbers.count > 1, !path.contains("%(process_num)") {
            unique = path.inserting("-%(process_num)s")
            lose(
                "the processes of [\(section.name)] all log to '\(path)'; here each has its own, "
                    + "'\(unique)'",
                at: value.place
            )
        }
        if let owner = owner(of: files(unique, writers)) {
            repeat {
                unique = unique.inserting("-\(name)")
            } while self.owner(of: files(unique, writers)) != nil
            lose(
                "'\(path)' is a log of \(owner) as well; here each has its own, '\(unique)'",
                at: value.place
            )
        }
        for file in files(unique, writers) { logs[file] = "'\(name)' (\(value.place))" }
        if unique != path { entries.set(key, .text(unique)) }
    }

    /// Takes up which file the daemon itself writes.
    mutating func learnDaemonLog(_ section: INISection?) {
        guard let value = section?["logfile"], let pieces = try? PercentText(value.text),
            let text = try? pieces.written(here: here(value.folder)),
            !text.hasPrefix("/dev/"), !text.hasPrefix("/proc/")
        else { return }
        for file in files(text, LogWriters("", group: "", [])) {
            logs[file] = "the daemon (\(value.place))"
        }
    }

    private func owner(of files: [String]) -> String? {
        files.lazy.compactMap { logs[$0] }.first
    }

    /// The files that a path comes to, one for each number of a process; the path itself where it
    /// has no value now.
    private func files(_ path: String, _ writers: LogWriters) -> [String] {
        var names = Expansion(
            texts: [
                "here": output.folder, "host_node_name": surroundings.hostName,
                "program_name": writers.program, "group_name": writers.group,
            ],
            numbers: ["numprocs": writers.numbers.count],
            environment: variables
        )
        guard path.contains("%(process_num)") else {
            names.numbers["process_num"] = writers.numbers.lowerBound
            return [file(path, names)]
        }
        return writers.numbers.map { number in
            names.numbers["process_num"] = number
            return file(path, names)
        }
    }

    private func file(_ path: String, _ names: Expansion) -> String {
        guard let text = try? names.expand(path),
            let file = PathText.absolute(
                text,
                in: output.folder,
                home: surroundings.homeDirectory
            )
        else { return path }
        return PathText.folded(file)
    }
}

/// The processes that write a log.
private struct LogWriters {
    let program: String
    let group: String
    let numbers: Range<Int>

    init(_ program: String, group: String, _ entries: [YAMLEntry]) {
        self.program = program
        self.group = group
        func number(_ key: String) -> Int? {
            guard case .plain(let text) = entries[key]?.value else { return nil }
            return Int(text)
        }
        // No more than there can be here: the numbers of a file may be any.
        let first = min(number("numprocs_start") ?? 0, 1_000_000)
        numbers = first..<(first + min(max(number("numprocs") ?? 1, 1), Converter.mostCopies))
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
