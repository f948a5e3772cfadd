// SPDX-License-Identifier: Apache-2.0

import Configuration

extension Converter {
    mutating func convert(_ original: SupervisordFile) -> Conversion {
        findings = original.findings
        heading = ["Made from \(original.file) by 'swisordctl import'."]
        if !original.document.heading.isEmpty { heading += [""] + original.document.heading }
        learnVariables(original.document["supervisord"], isExpandedTwice: true)
        learnDaemonLog(original.document["supervisord"])
        for group in original.document.sections where group.kind == "group" {
            let members = group["programs"]?.text.split(separator: ",") ?? []
            for member in members {
                membership[renamed(String(member.trimmed))] = renamed(group.label)
            }
        }
        for section in original.document.sections {
            convert(section)
        }
        if KeyTable.program["stdin"] != nil, !programs.isEmpty { defaults.append(Converter.input) }
        if hasInheritedOutput { defaults.append(Converter.plainLines) }
        checkGroups(original.document)
        arrangeFindings(original.document)
        return conversion()
    }

    private mutating func convert(_ section: INISection) {
        switch section.kind {
        case "supervisord" where section.label.isEmpty: daemon += convertDaemon(section)
        case "program": append(program(section, by: KeyRule.program, into: .program))
        case "fcgi-program": convertSocketProgram(section)
        case "eventlistener": convertListener(section)
        case "group": convertGroup(section)
        case "unix_http_server": convertUnixServer(section)
        case "inet_http_server": convertInternetServer(section)
        // The client here takes the socket from the file; what it has no use for is no loss.
        case "include": break
        case "supervisorctl":
            for key in ["prompt", "history_file"] {
                guard let value = section[key] else { continue }
                note("swisordctl has no key '\(key)'; it is left out", at: value.place)
            }
        case "rpcinterface":
            guard section.label != "supervisor" else { break }
            lose(
                "[\(section.name)] loads Python into the daemon; here there is none",
                at: section.place
            )
        case "ctlplugin":
            lose(
                "[\(section.name)] loads Python into the client; here there is none",
                at: section.place
            )
        default:
            note("supervisord ignores [\(section.name)]; it is left out", at: section.place)
        }
    }

    private static let input = YAMLEntry(
        "stdin",
        .plain("PIPE"),
        comments: [
            "As supervisord does: programs read what clients send them (swisordctl fg). Without this",
            "line there is nothing to read.",
        ]
    )

    private static let plainLines = YAMLEntry(
        "inherit_prefix",
        .plain("false"),
        comments: [
            "As supervisord does: lines on the console are what programs write. Without this line each",
            "begins with the name of its program.",
        ]
    )

    private mutating func append(_ program: YAMLEntry?) {
        guard let program else { return }
        if programs[program.key] != nil {
            lose("there are two programs '\(program.key)'; one is left out", at: nowhere)
        } else {
            programs.append(program)
        }
    }

    private var nowhere: Place { Place(file: output.name ?? "result", line: 0) }

    private mutating func convertSocketProgram(_ section: INISection) {
        guard let program = program(section, by: KeyRule.socket, into: .program) else { return }
        if case .text(let text) = program.entries["socket"]?.value, let value = section["socket"] {
            if !text.contains("%("), SocketSettings.Place(text) == nil {
                lose(
                    "'socket' takes a numeric address here; put that of '\(text)'",
                    at: value.place
                )
            }
        } else {
            lose("supervisord refuses [\(section.name)] without 'socket'", at: section.place)
        }
        append(program)
    }

    /// `defaults` are for programs alone, so a listener says itself how far its stop reaches.
    private mutating func convertListener(_ section: INISection) {
        let shared = (defaults, hasInheritedOutput)
        let listener = program(section, by: KeyRule.listener, into: .listener)
        (defaults, hasInheritedOutput) = shared
        guard var listener else { return }
        var entries = listener.entries
        if entries["redirect_stderr"] != nil {
            entries["redirect_stderr"] = nil
            lose(
                "the outputs of [\(section.name)] went to one place; its stdout carries the protocol",
                at: section.place
            )
        }
        for key in ["stopasgroup", "killasgroup"] where entries[key] == nil {
            entries.append(YAMLEntry(key, .plain("false")))
        }
        if entries["stderr_logfile"]?.value == .plain("INHERIT") {
            entries.append(YAMLEntry("inherit_prefix", .plain("false")))
        }
        // What it says on its standard output is the protocol, which supervisord keeps in a log.
        if entries["stdout_logfile"] == nil {
            entries.append(YAMLEntry("stdout_logfile", .plain("AUTO")))
        }
        listener.value = .map(entries)
        if programs[listener.key] != nil || listeners[listener.key] != nil {
            lose("there are two programs '\(listener.key)'; one is left out", at: section.place)
        } else {
            listeners.append(listener)
        }
    }

    private mutating func convertGroup(_ section: INISection) {
        let name = renamed(section.label)
        if name != section.label {
            lose("'\(section.label)' cannot be a name here; it is '\(name)'", at: section.place)
        }
        let entries = convert(section, by: KeyRule.group, into: .group)
        guard entries["programs"] != nil else {
            note("[\(section.name)] names no programs; it is left out", at: section.place)
            return
        }
        guard groups[name] == nil else {
            lose("there are two groups '\(name)'; one is left out", at: section.place)
            return
        }
        var entry = YAMLEntry(name, .map(entries), comments: section.comments)
        entry.tail = section.tail
        groups.append(entry)
    }

    /// What supervisord allows groups to be and swisord does not.
    private mutating func checkGroups(_ document: INIDocument) {
        var owners: [String: String] = [:]
        for index in groups.indices {
            guard case .list(let members) = groups[index].entries["programs"]?.value else {
                continue
            }
            let place = document["group:" + groups[index].key]?.place ?? nowhere
            var kept: [String] = []
            for member in members {
                if programs[member] == nil {
                    lose(
                        "the group '\(groups[index].key)' loses '\(member)', which is not there",
                        at: place
                    )
                } else if let owner = owners[member] {
                    lose(
                        "'\(member)' is in the group '\(owner)' already; a program is in one group",
                        at: place
                    )
                } else {
                    owners[member] = groups[index].key
                    kept.append(member)
                }
            }
            var entries = groups[index].entries
            entries.set("programs", .list(kept))
            groups[index].value = .map(entries)
        }
        groups.removeAll { $0.entries["programs"]?.value == .list([]) }
        for group in groups where programs[group.key] != nil && owners[group.key] == nil {
            lose(
                "the group '\(group.key)' is called like a program that is in no group; rename one",
                at: document["group:" + group.key]?.place ?? nowhere
            )
        }
    }

    /// Findings in the order of the files and lines.
    private mutating func arrangeFindings(_ document: INIDocument) {
        var files: [String] = []
        for finding in findings where !files.contains(finding.place.file) {
            files.append(finding.place.file)
        }
        let main = document.sections.first?.place.file
        files.removeAll { $0 == main }
        let ranked = findings.enumerated().map { index, finding in
            let file = files.firstIndex(of: finding.place.file).map { $0 + 1 } ?? 0
            return (file: file, index: index, finding: finding)
        }
        findings = ranked.sorted {
            ($0.file, $0.finding.place.line, $0.index) < ($1.file, $1.finding.place.line, $1.index)
        }
        .map(\.finding)
    }
}
