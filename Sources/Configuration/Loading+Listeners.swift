// SPDX-License-Identifier: Apache-2.0

import Supervision
import YAML

/// Event listeners: programs of a section of their own, that are told what happens.
extension Loading {
    /// Collects the listeners of all files; `defaults` is for programs alone.
    mutating func collectListeners(
        of files: [LoadedFile],
        beside programs: [MergedProgram]
    ) -> [MergedProgram] {
        var marks = Dictionary(programs.map { ($0.name, $0.nameMark) }) { first, _ in first }
        var listeners: [MergedProgram] = []
        for file in files {
            for entry in maps(in: file.section("event_listeners"), of: "listener") {
                guard checkName(entry.key, of: "listener", at: entry.keyMark) else {
                    readForComplaints(entry, of: "listener", table: .listener)
                    continue
                }
                if let earlier = marks.updateValue(entry.keyMark, forKey: entry.key) {
                    complaints.error(
                        "there is a program or listener \(quoted(entry.key)) already, at "
                            + "\(earlier)",
                        at: entry.keyMark
                    )
                    readForComplaints(entry, of: "listener", table: .listener)
                    continue
                }
                let own = entry.value.mapping ?? []
                listeners.append(
                    MergedProgram(
                        name: entry.key,
                        nameMark: entry.keyMark,
                        entries: own,
                        ownKeys: Set(own.map(\.key)),
                        directory: file.directory,
                        isListener: true
                    )
                )
            }
        }
        return listeners
    }

    /// What a listener is told; complains about names of no type.
    mutating func listener(
        _ section: Section,
        of program: MergedProgram
    ) -> ListenerConfiguration? {
        guard program.isListener else { return nil }
        if !program.ownKeys.contains("events") {
            complaints.error("listener '\(program.name)' has no 'events'", at: program.nameMark)
        }
        let names = section.texts("events") ?? []
        if let mark = section.marks["events"], names.isEmpty {
            complaints.error("'events' names no type of events", at: mark)
        }
        var listener = ListenerConfiguration(events: [])
        for name in names {
            if let type = EventType(named: name.text) {
                listener.events.formUnion(type.concreteTypes)
                continue
            }
            let known = EventType.allCases.map(\.rawValue)
            let hint = nearest(to: name.text, in: known).map { "; did you mean '\($0)'?" }
            complaints.error(
                "there are no events \(quoted(name.text))" + (hint ?? ""),
                at: name.mark
            )
        }
        if let size = section.integer("buffer_size") { listener.bufferSize = size }
        return listener
    }
}
