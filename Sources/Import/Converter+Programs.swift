// SPDX-License-Identifier: Apache-2.0

import Configuration

extension Converter {
    /// Converts a `[program:x]` or a `[fcgi-program:x]`.
    mutating func program(_ section: INISection, by rules: [KeyRule], into table: KeyTable)
        -> YAMLEntry?
    {
        let name = renamed(section.label)
        if name != section.label {
            lose("'\(section.label)' cannot be a name here; it is '\(name)'", at: section.place)
        }
        if let value = section["numprocs"], let text = settled(value, "numprocs"),
            let count = integer(text), count < 1
        {
            note(
                "numprocs is \(count), so there is no such process; it is left out",
                at: value.place
            )
            return nil
        }
        let shared = variables
        learnVariables(section, isExpandedTwice: false)
        defer { variables = shared }
        var entries = convert(section, by: rules, into: table)
        guard entries["command"] != nil else {
            if section["command"] == nil {
                lose("supervisord refuses [\(section.name)] without 'command'", at: section.place)
            }
            return nil
        }
        copies(section, &entries)
        output(section, name, &entries)
        stopping(section, &entries)
        failures(section, &entries)
        entries.arrange(by: section, last: ["stdout_logfile", "stderr_logfile", "redirect_stderr"])
        var entry = YAMLEntry(name, .map(entries), comments: section.comments)
        entry.tail = section.tail
        return entry
    }

    /// `numprocs` and `process_name`.
    private mutating func copies(_ section: INISection, _ entries: inout [YAMLEntry]) {
        var count = 1
        if let value = section["numprocs"], let text = settled(value, "numprocs") {
            guard let number = integer(text) else {
                lose("supervisord refuses '\(text)' for 'numprocs'", at: value.place)
                return
            }
            count = number
            if count > Converter.mostCopies {
                lose("swisord has \(Converter.mostCopies) processes at most", at: value.place)
            }
            entries.append(entry("numprocs", .plain(String(number)), of: value))
        }
        guard let value = section["process_name"] else {
            if count > 1 { lose(Converter.unnumbered, at: section.place) }
            return
        }
        guard let pieces = percentText(value) else { return }
        let allowed = PercentText(
            pieces: pieces.pieces.map { piece in
                switch piece {
                case .literal(let text):
                    .literal(String(renamed("x" + text).dropFirst()))
                case .reference: piece
                }
            }
        )
        if allowed != pieces {
            lose("'process_name' has characters that a name cannot have here", at: value.place)
        }
        if count > 1, !pieces.names.contains("process_num") {
            lose(Converter.unnumbered, at: value.place)
        }
        if let text = written(allowed, of: value) {
            entries.append(entry("process_name", .text(text), of: value))
        }
    }

    /// How many processes there can be of a program.
    static let mostCopies = 10_000

    private static let unnumbered =
        "supervisord refuses numprocs above 1 unless process_name has %(process_num) in it"

    /// The signals of a stop reach the whole process group here, unless that is turned off.
    private mutating func stopping(_ section: INISection, _ entries: inout [YAMLEntry]) {
        let stops = isTrue(entries["stopasgroup"])
        let kills = isTrue(entries["killasgroup"]) || stops
        if stops, entries["killasgroup"] != nil, !isTrue(entries["killasgroup"]) {
            lose(
                "supervisord refuses killasgroup=false with stopasgroup=true",
                at: section.place
            )
        }
        let comments = [entries["stopasgroup"], entries["killasgroup"]]
            .compactMap(\.?.comments).flatMap(\.self)
        entries["stopasgroup"] = nil
        entries["killasgroup"] = nil
        var added: [YAMLEntry] = []
        if stops { added.append(YAMLEntry("stopasgroup", .plain("true"))) }
        if kills { added.append(YAMLEntry("killasgroup", .plain("true"))) }
        if !stops { keepDefault("stopasgroup") }
        if !kills { keepDefault("killasgroup") }
        if !added.isEmpty { added[0].comments = comments }
        entries += added
    }

    private mutating func keepDefault(_ key: String) {
        guard defaults[key] == nil else { return }
        defaults.append(YAMLEntry(key, .plain("false")))
        if defaults.count == 1 {
            defaults[0].comments = [
                "As supervisord does: a stop reaches the program itself and not the processes it has",
                "started. Without these lines it reaches them all, which is mostly what one wants.",
            ]
        }
    }

    /// With startsecs 0 supervisord never gives up.
    private mutating func failures(_ section: INISection, _ entries: inout [YAMLEntry]) {
        guard entries["startsecs"]?.value == .plain("0"),
            entries["autorestart"]?.value != .plain("false")
        else { return }
        entries.set(
            "startretries",
            .plain("forever"),
            remark: "with startsecs 0 supervisord never gives up"
        )
    }

    func isTrue(_ entry: YAMLEntry?) -> Bool { entry?.value == .plain("true") }

    func entry(_ name: String, _ value: YAMLValue, of original: INIValue) -> YAMLEntry {
        YAMLEntry(name, value, comments: original.comments, remark: original.remark)
    }
}

extension [YAMLEntry] {
    /// Puts the keys into the order of the original; what it does not have comes last.
    mutating func arrange(by section: INISection, last: [String]) {
        let order = section.keys.map(\.name) + last
        let ranked = enumerated().map { index, entry in
            (rank: order.firstIndex(of: entry.key) ?? order.count, index: index, entry: entry)
        }
        self = ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.entry)
    }
}
