// SPDX-License-Identifier: Apache-2.0

import Configuration

/// A Procfile: one `name: command` a line, as foreman and Heroku have it.
struct Procfile {
    struct Line {
        var name: String
        var command: String
        var place: Place
        var comments: [String]
    }

    private(set) var lines: [Line] = []
    private(set) var findings: [Finding] = []
    let file: String
    let folder: String

    /// Whether a file is a Procfile, by its name or by its first line that says something.
    static func isOne(name: String, text: String) -> Bool {
        let base = name.split(separator: "/").last ?? ""
        let first = text.split(whereSeparator: \.isNewline).map(\.trimmed)
            .first { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix(";") }
        guard let first, !first.hasPrefix("[") else { return false }
        return base == "Procfile" || base.hasPrefix("Procfile.") || entry(first) != nil
    }

    init(_ text: String, file: String, folder: String) {
        self.file = file
        self.folder = folder
        var comments: [String] = []
        var number = 0
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            let line = raw.trimmed
            if line.isEmpty {
                comments = []
            } else if line.hasPrefix("#") {
                comments.append(String(line.drop { $0 == "#" }.trimmed))
            } else if let (name, command) = Procfile.entry(line) {
                let place = Place(file: file, line: number)
                lines.append(Line(name: name, command: command, place: place, comments: comments))
                comments = []
            } else {
                findings.append(
                    Finding(
                        weight: .lost,
                        place: Place(file: file, line: number),
                        message: "this line is not NAME: COMMAND"
                    )
                )
            }
        }
    }

    private static func entry(_ line: some StringProtocol) -> (name: String, command: String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let name = line[..<colon]
        let command = line[line.index(after: colon)...].trimmed
        guard !command.isEmpty, ProcessNameRule.objection(to: String(name)) == nil else {
            return nil
        }
        return (String(name), String(command))
    }
}

extension Converter {
    mutating func convert(_ procfile: Procfile) -> Conversion {
        findings = procfile.findings
        heading = ["Made from \(procfile.file) by 'swisordctl import'."]
        defaults = [
            YAMLEntry("directory", .text(here(procfile.folder))),
            YAMLEntry("env_file", .text("-" + here(procfile.folder) + "/.env")),
            YAMLEntry("autorestart", .plain("true")),
        ]
        var port = 5000
        if let first = procfile.lines.first {
            note(
                "each process has the PORT that foreman gives it, from 5000 on; "
                    + "one in .env does not count",
                at: first.place
            )
        }
        for line in procfile.lines {
            var entries: [YAMLEntry] = [YAMLEntry("command", command(line))]
            // Many read it without its name in the command, from a file of their own.
            if line.name != "release" || line.command.contains("$PORT")
                || line.command.contains("${PORT")
            {
                entries.append(YAMLEntry("environment", .map([.init("PORT", .text(String(port)))])))
            }
            port += 100
            if line.name == "release" {
                entries.append(
                    YAMLEntry("autostart", .plain("false"), remark: "runs once a release, by hand")
                )
                entries.append(YAMLEntry("autorestart", .plain("false")))
                entries.append(YAMLEntry("startsecs", .plain("0")))
            }
            if programs[line.name] != nil {
                lose("there are two lines '\(line.name)'; this one is left out", at: line.place)
            } else {
                programs.append(YAMLEntry(line.name, .map(entries), comments: line.comments))
            }
        }
        return conversion()
    }

    /// The command itself where no shell is needed, else a shell with it.
    private func command(_ line: Procfile.Line) -> YAMLValue {
        let text = line.command
        let special: Set<Character> = [
            "$", "`", "&", "|", ";", "<", ">", "*", "?", "(", ")", "~", "[", "#", "!", "{",
        ]
        let isAssignment = text.prefix { !$0.isWhitespace }.contains("=")
        if !isAssignment, !text.contains(where: special.contains), !text.contains("%("),
            let words = ShellWords.split(text), ShellWords.agrees(text, with: words)
        {
            return .text(text)
        }
        let several: Set<Character> = ["&", "|", ";", "(", "{", "!"]
        let isOne = !isAssignment && !text.contains(where: several.contains)
        let script = (isOne ? "exec " : "") + text
        return .list(["sh", "-c", script.replacing("%(", with: "%%(")])
    }
}
