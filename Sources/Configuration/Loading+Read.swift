// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import YAML

extension Loading {
    /// Reads the keys of a program, with the one that it cannot do without.
    mutating func read(_ program: MergedProgram) -> Section {
        let place = program.place
        let section = readSection(
            program.entries,
            table: program.isListener ? .listener : .program,
            place: place
        )
        if !program.entries.contains(where: { $0.key == "command" }) {
            complaints.error("\(place) has no 'command'", at: program.nameMark)
        }
        for key in KeyTable.program.keys.map(\.name)
        where key.hasPrefix("stderr_") && section.boolean("redirect_stderr") == true {
            guard program.ownKeys.contains(key), let mark = section.marks[key] else { continue }
            complaints.warning(
                "'\(key)' has no effect because 'redirect_stderr' is true in \(place)",
                at: mark
            )
        }
        return section
    }

    /// Reads the keys of one map by a table; what is wrong is left out.
    ///
    /// - Parameters:
    ///   - entries: The map.
    ///   - table: The keys it may have.
    ///   - place: What the map is, to stand after "in" in a message.
    /// - Returns: The keys that could be read.
    mutating func readSection(_ entries: [Entry], table: KeyTable, place: String) -> Section {
        var section = Section()
        for entry in entries where !entry.key.hasPrefix("x-") {
            guard let definition = table[entry.key] else {
                complainUnknown(entry, table: table, place: place)
                continue
            }
            guard !entry.value.isAbsent else {
                complaints.error(
                    "'\(entry.key)' has no value; give one or leave the key out",
                    at: entry.keyMark
                )
                continue
            }
            if let value = readValue(entry.value, of: definition) {
                section.set(entry.key, value, at: entry.value.mark)
            }
        }
        return section
    }

    private mutating func complainUnknown(_ entry: Entry, table: KeyTable, place: String) {
        guard let instead = table.unsupported[entry.key] else {
            complaints.error(
                "unknown key \(quoted(entry.key)) in \(place)"
                    + KeyHint.hint(for: entry.key, in: table),
                at: entry.keyMark
            )
            return
        }
        complaints.error(
            "key '\(entry.key)' in \(place) is not supported by this version"
                + (instead.isEmpty ? "" : "; \(instead)"),
            at: entry.keyMark
        )
    }

    /// A group as the file has it.
    struct ReadGroup {
        var name: String
        var mark: Mark
        var priority: Int
        var members: [Template]
    }

    /// Reads the groups of all files.
    mutating func readGroups(of files: [LoadedFile]) -> OrderedDictionary<String, ReadGroup> {
        var groups: OrderedDictionary<String, ReadGroup> = [:]
        for file in files {
            for entry in maps(in: file.section("groups"), of: "group") {
                guard checkName(entry.key, of: "group", at: entry.keyMark) else { continue }
                if let earlier = groups[entry.key] {
                    complaints.error(
                        "group '\(entry.key)' is defined twice; the first is at \(earlier.mark)",
                        at: entry.keyMark
                    )
                    continue
                }
                let section = readSection(
                    entry.value.mapping ?? [],
                    table: .group,
                    place: "group '\(entry.key)'"
                )
                let isGiven = entry.value["programs"] != nil
                if !isGiven || section.texts("programs")?.isEmpty == true {
                    complaints.error("group '\(entry.key)' names no 'programs'", at: entry.keyMark)
                }
                groups[entry.key] = ReadGroup(
                    name: entry.key,
                    mark: entry.keyMark,
                    priority: section.integer("priority") ?? 999,
                    members: section.texts("programs") ?? []
                )
            }
        }
        return groups
    }
}
