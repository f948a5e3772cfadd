// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import YAML

/// One run of the loader: a list of steps, each of which passes on what it could make sense of.
///
///     load      files to trees        LoadedFile       Loading.swift
///     include   patterns to files     [LoadedFile]     Loading+Include.swift
///     defaults  merged under programs [MergedProgram]  Loading+Defaults.swift
///     read      text to typed values  Section          Loading+Read.swift
///     expand    %(name)s and paths    DraftProcesses   Loading+Expand.swift
///     validate  what spans programs                    Loading+Validate.swift
///
/// No step stops at an error: what cannot be used is left out and the others go on, so that one
/// run tells everything that is wrong.
struct Loading {
    let surroundings: Surroundings
    /// What is asked of the world goes through here.
    let inquiry: Inquiry
    var complaints = Complaints()
    /// Whether a file that others may change is refused.
    private let needsTrust: Bool

    init(surroundings: Surroundings, inquiry: Inquiry, needsTrust: Bool = true) {
        self.surroundings = surroundings
        self.inquiry = inquiry
        self.needsTrust = needsTrust && surroundings.isRoot
    }

    mutating func load(_ file: String) -> ConfigurationLoader.Outcome {
        guard let path = absolutePath(of: file), let main = loadFile(path: path, display: file)
        else { return outcome(nil) }
        checkSections(of: main)
        let daemon = readDaemon(of: main)
        let files = [main] + include(from: main, daemon: daemon)
        let ordinary = mergeDefaults(of: files)
        let programs = ordinary + collectListeners(of: files, beside: ordinary)
        let groups = readGroups(of: files)
        let drafts = expandAll(programs, daemon: daemon, groups: groups)
        validate(drafts, groups: groups, programs: programs, daemon: daemon, files: files)
        return outcome(
            Configuration(
                file: path,
                daemon: daemon.settings,
                processes: drafts.processes,
                groups: allGroups(drafts, groups)
            )
        )
    }

    /// Reads just enough of `file` to tell where the daemon's socket is.
    ///
    /// What stands behind the section `swisord` is not read: a client asks for this each time it
    /// is called, and a thousand programs stand there.
    mutating func socketPath(of file: String) -> Result<String, SocketPathUnknown> {
        guard let path = absolutePath(of: file),
            let main = loadFile(path: path, display: file, through: "swisord")
        else { return .failure(SocketPathUnknown(diagnostics: complaints.sorted)) }
        complaints = complaints.forgettingAll()
        let daemon = readDaemon(of: main)
        let keys = ["socket", "runtime_dir"]
        let entries = main.section("swisord")?.value.mapping?.filter { keys.contains($0.key) } ?? []
        let marks = entries.flatMap { [$0.keyMark, $0.value.mark] }
        let errors = complaints.sorted.filter { complaint in
            guard complaint.severity == .error, let mark = complaint.mark else {
                return complaint.severity == .error
            }
            return marks.contains { $0.contains(mark) }
        }
        guard errors.isEmpty else { return .failure(SocketPathUnknown(diagnostics: errors)) }
        return .success(daemon.settings.socket)
    }

    private func outcome(_ configuration: Configuration?) -> ConfigurationLoader.Outcome {
        let diagnostics = complaints.sorted
        var result = complaints.hasErrors ? nil : configuration
        result?.warnings = diagnostics
        return .init(configuration: result, diagnostics: diagnostics)
    }

    /// The absolute form of a path on the command line; nil, with a complaint, for an empty one.
    mutating func absolutePath(of file: String) -> String? {
        guard !file.isEmpty else {
            complaints.error("the name of the configuration file is empty", file: "")
            return nil
        }
        return PathText.tidy(
            file.hasPrefix("/") ? file : surroundings.currentDirectory + "/" + file
        )
    }
}

/// A file that could be read, as a tree.
struct LoadedFile {
    /// The absolute path.
    var path: String
    /// The path as messages show it.
    var display: String
    /// The map at the top of the file, empty when the file is.
    var entries: [Entry]
    var isMain: Bool

    /// Where relative paths start, and what `%(here)s` stands for.
    var directory: String { PathText.parent(of: path) }

    /// The entry of a section; nil when there is none, or nothing in it.
    func section(_ name: String) -> Entry? {
        entries.first { $0.key == name && !$0.value.isAbsent }
    }
}

extension Loading {
    /// Reads one file, or only the sections through one; nil when it holds no map to be used.
    mutating func loadFile(
        path: String,
        display: String,
        isMain: Bool = true,
        through section: String? = nil
    ) -> LoadedFile? {
        let contents: (bytes: [UInt8], facts: FileSystem.Facts)
        do throws(FileSystem.Refused) {
            contents = try inquiry.read(path)
        } catch {
            complaints.error("cannot read the file: \(error.reason)", file: display)
            return nil
        }
        if needsTrust {
            let trust = Trust(trustedUsers: [0, surroundings.userID])
            if let objection = trust.objection(to: path, facts: contents.facts, inquiry) {
                complaints.error(objection, file: display)
                return nil
            }
        }
        let document = Document(parsing: contents.bytes, file: display, through: section)
        complaints.register(document.source)
        if document.root?.mapping == nil, let section = document.source.iniSection(file: display) {
            complaints.error(
                "this is an INI file, as supervisord reads; swisord reads YAML, and "
                    + "'swisordctl import' makes that of it",
                at: section
            )
            return nil
        }
        for problem in document.problems {
            if let mark = problem.mark {
                complaints.error(problem.message, at: mark)
            } else {
                complaints.error(problem.message, file: display)
            }
        }
        var entries: [Entry] = []
        if let root = document.root, !root.isAbsent {
            guard let map = root.mapping else {
                complaints.error(
                    "the file must hold a map with sections such as 'programs', not \(root.kindName)",
                    at: root.mark
                )
                return nil
            }
            entries = map
        } else if !document.problems.isEmpty {
            return nil
        }
        return LoadedFile(path: path, display: display, entries: entries, isMain: isMain)
    }

    /// Complains about sections that the file cannot have.
    mutating func checkSections(of file: LoadedFile) {
        let names = Set(KeyTable.sections.map(\.name))
        for entry in file.entries where !entry.key.hasPrefix("x-") {
            if names.contains(entry.key) {
                guard !file.isMain, ["swisord", "include", "http"].contains(entry.key) else {
                    continue
                }
                complaints.error(
                    "section '\(entry.key)' can only stand in the main file, not in one it includes",
                    at: entry.keyMark
                )
            } else if KeyHint.isUnsupported(section: entry.key) {
                complaints.error(
                    "section \(quoted(entry.key)) is not supported by this version",
                    at: entry.keyMark
                )
            } else {
                complaints.error(
                    "unknown section \(quoted(entry.key))\(KeyHint.hint(forSection: entry.key))",
                    at: entry.keyMark
                )
            }
        }
    }
}

extension Node {
    /// What the node is, to stand after "not" in a message.
    var kindName: String {
        switch content {
        case .scalar(let scalar): scalar.isAbsent ? "nothing" : quoted(scalar.text)
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }
}

extension Mark {
    /// Whether `other` begins within what this place underlines.
    fileprivate func contains(_ other: Mark) -> Bool {
        line == other.line && (column..<column + length).contains(other.column)
    }
}

extension Source {
    /// The `[section]` that a file begins with when it is a configuration of supervisord.
    fileprivate func iniSection(file: String) -> Mark? {
        var number = 1
        while let text = line(number) {
            guard text.isEmpty || text.hasPrefix(";") || text.hasPrefix("#") else {
                guard text.hasPrefix("["), !text.contains(","), let end = text.firstIndex(of: "]")
                else { return nil }
                let length = text.distance(from: text.startIndex, to: end) + 1
                return Mark(file: file, line: number, column: 1, length: length)
            }
            number += 1
        }
        return nil
    }
}
