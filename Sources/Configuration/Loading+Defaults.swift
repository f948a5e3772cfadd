// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import YAML

/// A program with the `defaults` of its file merged under it, not yet read.
struct MergedProgram {
    var name: String
    var nameMark: Mark
    var entries: [Entry]
    /// The keys that stand in the program itself.
    var ownKeys: Set<String>
    /// The directory of its file.
    var directory: String
    /// Whether it stands under `event_listeners`.
    var isListener = false

    /// What it is, as messages name it.
    var place: String { (isListener ? "listener" : "program") + " '\(name)'" }
}

extension Loading {
    /// Collects the programs of all files, each over the defaults of its own file.
    mutating func mergeDefaults(of files: [LoadedFile]) -> [MergedProgram] {
        var programs: OrderedDictionary<String, MergedProgram> = [:]
        for file in files {
            let defaults = readDefaults(of: file)
            for entry in maps(in: file.section("programs"), of: "program") {
                guard checkName(entry.key, of: "program", at: entry.keyMark) else {
                    readForComplaints(entry, of: "program", table: .program)
                    continue
                }
                if let earlier = programs[entry.key] {
                    complaints.error(
                        "program \(quoted(entry.key)) is defined twice; the first is at "
                            + "\(earlier.nameMark)",
                        at: entry.keyMark
                    )
                    readForComplaints(entry, of: "program", table: .program)
                    continue
                }
                let own = entry.value.mapping ?? []
                programs[entry.key] = MergedProgram(
                    name: entry.key,
                    nameMark: entry.keyMark,
                    entries: merge(defaults, under: own),
                    ownKeys: Set(own.map(\.key)),
                    directory: file.directory
                )
            }
        }
        return Array(programs.values)
    }

    /// Reads what will not be used, so that all that is wrong with it is told at once.
    mutating func readForComplaints(_ entry: Entry, of kind: String, table: KeyTable) {
        _ = readSection(
            entry.value.mapping ?? [],
            table: table,
            place: "\(kind) \(quoted(entry.key))"
        )
    }

    /// The named maps of a section such as `programs`, what is no map left out.
    mutating func maps(in section: Entry?, of kind: String) -> [Entry] {
        guard let section else { return [] }
        guard let entries = section.value.mapping else {
            complaints.error(
                "'\(section.key)' takes a map of \(kind)s by name, not \(section.value.kindName)",
                at: section.value.mark
            )
            return []
        }
        return entries.filter { entry in
            if entry.key.hasPrefix("x-") { return false }
            if entry.value.mapping != nil { return true }
            complaints.error(
                "\(kind) \(quoted(entry.key)) takes a map of keys, not \(entry.value.kindName)",
                at: entry.value.isAbsent ? entry.keyMark : entry.value.mark
            )
            return false
        }
    }

    /// The defaults of a file, checked once whether or not a program uses them.
    private mutating func readDefaults(of file: LoadedFile) -> [Entry] {
        guard let section = file.section("defaults") else { return [] }
        guard let entries = section.value.mapping else {
            complaints.error(
                "'defaults' takes a map of keys, not \(section.value.kindName)",
                at: section.value.mark
            )
            return []
        }
        _ = readSection(entries, table: .program, place: "'defaults'")
        return entries.filter { KeyTable.program[$0.key] != nil }
    }

    /// Maps merge, everything else is replaced.
    private func merge(_ defaults: [Entry], under own: [Entry]) -> [Entry] {
        var merged = own
        for fallback in defaults {
            guard let index = own.firstIndex(where: { $0.key == fallback.key }) else {
                merged.append(fallback)
                continue
            }
            if let inner = own[index].value.mapping, let outer = fallback.value.mapping {
                merged[index].value.content = .mapping(merge(outer, under: inner))
            }
        }
        return merged
    }

    /// Complains about names that could be mistaken for something else; false when it did.
    mutating func checkName(_ name: String, of kind: String, at mark: Mark) -> Bool {
        guard let reason = ProcessNameRule.objection(to: name) else { return true }
        complaints.error("\(quoted(name)) cannot be the name of a \(kind): \(reason)", at: mark)
        return false
    }
}

/// What programs, processes and groups may be called.
package enum ProcessNameRule {
    /// Why `name` is refused; nil when it is not.
    package static func objection(to name: String) -> String? {
        guard (1...64).contains(name.utf8.count) else { return "it must have 1 to 64 characters" }
        guard name.utf8.allSatisfy(isAllowed) else {
            return "only letters, digits, '.', '_' and '-' are allowed"
        }
        guard !name.hasPrefix(".") else { return "it must not begin with '.'" }
        guard name != "all" else { return "'all' means every program" }
        return nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
