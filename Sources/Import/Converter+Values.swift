// SPDX-License-Identifier: Apache-2.0

import Configuration

extension Converter {
    mutating func text(_ value: INIValue, isPath: Bool) -> YAMLValue? {
        guard let pieces = percentText(value), let text = written(pieces, of: value) else {
            return nil
        }
        guard !text.isEmpty else { return nil }
        noteMissing(pieces.names, value)
        if isPath { checkPath(text, value) }
        return .text(text)
    }

    /// Tells that a relative path starts elsewhere here.
    mutating func checkPath(_ path: String, _ value: INIValue) {
        guard !path.hasPrefix("/"), !path.hasPrefix("~"), !path.hasPrefix("%(") else { return }
        noteOnce(
            "relative paths start at the folder of the new file, and not where the daemon is started",
            at: value.place
        )
    }

    /// A command, in words of its own where the two programs would cut it differently.
    mutating func command(_ value: INIValue) -> YAMLValue? {
        guard let pieces = percentText(value), let text = written(pieces, of: value) else {
            return nil
        }
        checkVariables(pieces, value)
        guard let words = ShellWords.split(text), !words.isEmpty else {
            let cut = value.remark.map {
                "; it takes what follows a blank and ';' or '#' for a comment, here: \($0)"
            }
            lose("supervisord cannot cut this command into words" + (cut ?? ""), at: value.place)
            return nil
        }
        if let first = words.first, first.contains("/") { checkPath(first, value) }
        if let first = words.first, first.split(separator: "/").last == "pidproxy" {
            noteOnce("pidproxy is part of supervisor, which has to stay for it", at: value.place)
        }
        if let remark = value.remark, pieces.literal?.contains("-c") ?? false {
            note("to supervisord the command ends before '\(remark)', a comment", at: value.place)
        }
        guard ShellWords.agrees(text, with: words) else {
            return words.contains { $0.contains("\n") } || text.count > 80
                ? .items(words) : .list(words)
        }
        guard text.contains("\n") else { return .text(text) }
        let lines = text.split(separator: "\n").map { String($0.trimmed) }
        let canBeFolded = ShellWords.canBeFolded(text) && lines.allSatisfy(YAMLWriter.isPrintable)
        return canBeFolded ? .folded(lines) : .items(words)
    }

    /// Tells that a variable is one word here, whatever it holds.
    ///
    /// supervisord puts its text into the command and cuts that into words. Within quotes this is the
    /// same, as long as there are none in the text.
    private mutating func checkVariables(_ text: PercentText, _ value: INIValue) {
        for reference in ShellWords.references(in: text) where reference.name.hasPrefix("ENV_") {
            let name = reference.name
            let now = variables[String(name.dropFirst(4))]
            if let now, now.contains(where: { "\"'\\".contains($0) }) {
                lose(
                    "%(\(name))s holds quotes now ('\(now)'), which are part of the word here; "
                        + "write the words out, or use sh -c",
                    at: value.place
                )
            } else if reference.isQuoted {
                noteMissing([name], value)
            } else if let now, now.contains(where: \.isWhitespace) {
                lose(
                    "%(\(name))s holds several words now ('\(now)'), and here it is always one; "
                        + "write them out, or use sh -c",
                    at: value.place
                )
            } else if now == nil {
                lose(
                    "%(\(name))s has no value now; if it is to hold several words, write them out or "
                        + "use sh -c, as here it is always one",
                    at: value.place
                )
            } else {
                noteOnce(
                    "a variable such as %(\(name))s is one word of a command here, whatever it holds",
                    at: value.place
                )
            }
        }
    }

    /// Tells of variables that the file needs, here as there, and that have no value now.
    mutating func noteMissing(_ names: [String], _ value: INIValue) {
        for name in names where name.hasPrefix("ENV_") {
            guard variables[String(name.dropFirst(4))] == nil else { continue }
            noteOnce(
                "%(\(name))s has no value now; swisord does not start without one either",
                at: value.place
            )
        }
    }

    /// Takes up what a section adds to the variables.
    mutating func learnVariables(_ section: INISection?, isExpandedTwice: Bool) {
        guard let value = section?["environment"],
            let text = try? PercentText(value.text, isExpandedTwice: isExpandedTwice),
            let pairs = KeyValueList.parse(text)
        else { return }
        let names = Expansion(
            texts: ["here": value.folder, "host_node_name": surroundings.hostName],
            environment: variables
        )
        for pair in pairs {
            let written = try? pair.value.written(here: here(value.folder))
            variables[pair.name] = written.flatMap { try? names.expand($0) } ?? ""
        }
    }

    mutating func environment(_ value: INIValue, isExpandedTwice: Bool) -> YAMLValue? {
        guard let pieces = percentText(value, twice: isExpandedTwice) else { return nil }
        guard let pairs = KeyValueList.parse(pieces) else {
            lose("supervisord cannot read this list of variables", at: value.place)
            return nil
        }
        var entries: [YAMLEntry] = []
        for pair in pairs {
            guard EnvironmentFile.isName(pair.name) else {
                lose("'\(pair.name)' cannot be the name of a variable", at: value.place)
                continue
            }
            guard pair.name.utf8.count <= Converter.longestKey else {
                lose("a name of \(pair.name.utf8.count) bytes is too long here", at: value.place)
                continue
            }
            guard let text = written(pair.value, of: value) else { continue }
            noteMissing(pair.value.names, value)
            entries[pair.name] = YAMLEntry(pair.name, .text(text))
        }
        return entries.isEmpty ? nil : .map(entries)
    }

    /// YAML has keys of 1024 characters at most.
    private static let longestKey = 1000

    mutating func names(_ value: INIValue, _ key: String) -> YAMLValue? {
        guard let text = settled(value, key) else { return nil }
        let names = text.split(separator: ",").map { String($0.trimmed) }
        guard !names.isEmpty else { return nil }
        return .list(key == "events" ? names.map { $0.uppercased() } : names.map(renamed))
    }

    /// A name without characters that names cannot have here.
    func renamed(_ name: String) -> String {
        guard ProcessNameRule.objection(to: name) != nil else { return name }
        let kept = name.unicodeScalars.map { scalar in
            ProcessNameRule.objection(to: "x\(scalar)") == nil ? Character(scalar) : "_"
        }
        let text = String(String(kept).prefix(64))
        return ProcessNameRule.objection(to: text) == nil ? text : "x" + text.prefix(63)
    }
}
