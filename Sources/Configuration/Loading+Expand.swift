// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import Supervision
import YAML

/// A process with the places of its keys, for what is checked across processes.
struct DraftProcess {
    var process: ProcessConfiguration
    var marks: [String: Mark]
}

/// All processes with the places of their keys; the processes are there by themselves as well, so
/// that a thousand need not be copied in the end.
struct DraftProcesses: RandomAccessCollection {
    private(set) var processes: [ProcessConfiguration] = []
    private var marks: [[String: Mark]] = []

    var startIndex: Int { 0 }
    var endIndex: Int { processes.count }

    subscript(position: Int) -> DraftProcess {
        DraftProcess(process: processes[position], marks: marks[position])
    }

    mutating func append(_ process: ProcessConfiguration, _ marks: [String: Mark]) {
        processes.append(process)
        self.marks.append(marks)
    }

    /// Makes room for so many more, if that is worth while.
    mutating func expect(_ more: Int) {
        if more > count { processes.reserveCapacity(count + more) }
    }
}

extension Loading {
    /// The names that text outside programs can use.
    func expansion(here: String, over environment: OrderedDictionary<String, String>) -> Expansion {
        var variables = surroundings.environment
        for (name, value) in environment { variables[name] = value }
        return Expansion(
            texts: ["here": here, "host_node_name": surroundings.hostName],
            environment: variables
        )
    }

    /// Expands one text; nil, with a complaint, when it cannot be.
    mutating func expand(_ template: Template, with names: Expansion) -> String? {
        do throws(Expansion.Malformed) {
            return try names.expand(template.text)
        } catch {
            complaints.error(
                error.reason,
                at: template.mark(offset: error.offset, length: error.length)
            )
            return nil
        }
    }

    /// Expands the values of variables; what cannot be expanded is left out.
    mutating func expand(
        _ variables: [(name: String, value: Template)],
        with names: Expansion
    ) -> OrderedDictionary<String, String> {
        var result: OrderedDictionary<String, String> = [:]
        for (name, template) in variables {
            if let value = expand(template, with: names) { result[name] = value }
        }
        return result
    }

    /// Makes a path absolute; nil, with a complaint, when it cannot be.
    mutating func path(_ text: String, at mark: Mark, in directory: String) -> String? {
        guard !text.isEmpty else {
            complaints.error("the path is empty", at: mark)
            return nil
        }
        let home = surroundings.homeDirectory
        guard let path = PathText.absolute(text, in: directory, home: home) else {
            complaints.error(
                "\(quoted(text)): only '~' and '~/' stand for a home directory; write the path",
                at: mark
            )
            return nil
        }
        return path
    }

    /// Expands and looks up a user; nil, with a complaint, when there is none.
    mutating func user(_ template: Template, with names: Expansion) -> UserReference? {
        guard let text = expand(template, with: names) else { return nil }
        guard let user = UserReference(text) else {
            complaints.error(
                "'user' takes \(ValueKind.user.expectation), not \(quoted(text))",
                at: template.mark
            )
            return nil
        }
        if !inquiry.userExists(user.user) {
            complaints.error(
                "there is no user \(quoted(text.prefix { $0 != ":" }))",
                at: template.mark
            )
            return nil
        }
        if let group = user.group, !inquiry.groupExists(group) {
            let name = text.drop { $0 != ":" }.dropFirst()
            complaints.error("there is no group \(quoted(name)) of users", at: template.mark)
            return nil
        }
        return user
    }

    /// The most processes of one configuration; a file of a few lines could ask for millions.
    private static let mostProcesses = 10_000

    /// Makes the processes of all programs.
    mutating func expandAll(
        _ programs: [MergedProgram],
        daemon: DraftDaemon,
        groups: OrderedDictionary<String, ReadGroup>
    ) -> DraftProcesses {
        var owners: [String: String] = [:]
        for group in groups.values {
            for member in group.members where owners[member.text] == nil {
                owners[member.text] = group.name
            }
        }
        var drafts = DraftProcesses()
        for program in programs {
            let section = read(program)
            guard drafts.count + (section.integer("numprocs") ?? 1) <= Loading.mostProcesses else {
                complaints.error(
                    "with \(program.place) there are more than \(Loading.mostProcesses) "
                        + "processes",
                    at: section.marks["numprocs"] ?? program.nameMark
                )
                return drafts
            }
            let group = owners[program.name] ?? program.name
            expand(program, section, daemon: daemon, group: group, into: &drafts)
        }
        return drafts
    }

    /// Makes the processes of a program, one for each of `numprocs`.
    private mutating func expand(
        _ program: MergedProgram,
        _ section: Section,
        daemon: DraftDaemon,
        group: String,
        into drafts: inout DraftProcesses
    ) {
        let count = section.integer("numprocs") ?? 1
        let pattern = section.text("process_name")
        let listener = listener(section, of: program)
        if count > 1, !(pattern?.text.contains("%(process_num)") ?? false) {
            complaints.error(
                "'numprocs' is \(count), so 'process_name' must contain %(process_num); write "
                    + "process_name: \"%(program_name)s_%(process_num)02d\"",
                at: pattern?.mark ?? section.marks["numprocs"] ?? program.nameMark
            )
            return
        }
        let start = section.integer("numprocs_start") ?? 0
        var names = expansion(here: program.directory, over: daemon.settings.environment)
        names.texts["program_name"] = program.name
        names.texts["group_name"] = group
        names.numbers["numprocs"] = count
        var step = ProgramExpansion(
            program: program,
            section: section,
            group: group,
            names: names,
            daemon: daemon.settings
        )
        drafts.expect(count)
        for number in start..<start + count {
            guard var process = step.process(number, in: &self) else { continue }
            if let listener { process.becomeListener(listener, section) }
            drafts.append(process, section.marks)
        }
    }
}
