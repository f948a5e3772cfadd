// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import Supervision
import YAML

extension Loading {
    /// Checks what no key can tell by itself.
    mutating func validate(
        _ drafts: [DraftProcess],
        groups: OrderedDictionary<String, ReadGroup>,
        programs: [MergedProgram],
        daemon: DraftDaemon,
        files: [LoadedFile]
    ) {
        checkMembers(of: groups, programs: programs, declared: declaredPrograms(in: files))
        checkProcessNames(drafts)
        checkGroupKilling(drafts)
        checkSockets(drafts)
        checkLogs(drafts, daemon: daemon)
        if programs.isEmpty, !complaints.hasErrors, let main = files.first {
            complaints.warning("the file names no programs", file: main.display)
        }
    }

    /// The names of all programs, those that are wrong included.
    private func declaredPrograms(in files: [LoadedFile]) -> Set<String> {
        Set(files.flatMap { $0.section("programs")?.value.mapping?.map(\.key) ?? [] })
    }

    /// Every group, those that programs imply included, in the order of their first process.
    func allGroups(
        _ drafts: [DraftProcess],
        _ groups: OrderedDictionary<String, ReadGroup>
    ) -> OrderedDictionary<String, GroupConfiguration> {
        var result: OrderedDictionary<String, GroupConfiguration> = [:]
        for draft in drafts where result[draft.process.name.group] == nil {
            let name = draft.process.name.group
            let group = groups[name]
            result[name] = GroupConfiguration(
                name: name,
                priority: group?.priority ?? draft.process.priority,
                isImplicit: group == nil
            )
        }
        return result
    }

    private mutating func checkMembers(
        of groups: OrderedDictionary<String, ReadGroup>,
        programs: [MergedProgram],
        declared: Set<String>
    ) {
        let known = Dictionary(programs.map { ($0.name, $0.nameMark) }) { first, _ in first }
        var owners: [String: (group: String, mark: Mark)] = [:]
        for group in groups.values {
            for member in group.members {
                guard declared.contains(member.text) else {
                    let hint = nearest(to: member.text, in: programs.map(\.name))
                    complaints.error(
                        "group '\(group.name)' names the unknown program \(quoted(member.text))"
                            + (hint.map { "; did you mean '\($0)'?" } ?? ""),
                        at: member.mark
                    )
                    continue
                }
                if let owner = owners[member.text] {
                    let twice =
                        owner.group == group.name
                        ? "stands twice in group '\(group.name)'"
                        : "is in two groups, '\(owner.group)' and '\(group.name)'"
                    complaints.error(
                        "program '\(member.text)' \(twice); the first is at \(owner.mark)",
                        at: member.mark
                    )
                    continue
                }
                owners[member.text] = (group.name, member.mark)
            }
        }
        for group in groups.values {
            guard let mark = known[group.name], owners[group.name] == nil else { continue }
            complaints.error(
                "group '\(group.name)' is called like a program that is in no group; the program "
                    + "is at \(mark)",
                at: group.mark
            )
        }
    }

    private mutating func checkProcessNames(_ drafts: [DraftProcess]) {
        var earlier: [ProcessName: DraftProcess] = [:]
        for draft in drafts {
            let name = draft.process.name
            guard let first = earlier.updateValue(draft, forKey: name) else { continue }
            let mark = draft.marks["process_name"] ?? draft.process.origin.mark
            complaints.error(
                first.process.program == draft.process.program
                    ? "program '\(draft.process.program)' has two processes called '\(name)'"
                    : "the process '\(name)' exists already; the first is of program "
                        + "'\(first.process.program)' at \(first.process.origin.mark)",
                at: mark
            )
        }
    }

    private mutating func checkGroupKilling(_ drafts: [DraftProcess]) {
        for draft in drafts {
            let policy = draft.process.policy
            guard policy.stopAsGroup, !policy.killAsGroup else { continue }
            complaints.error(
                "'killasgroup' cannot be false while 'stopasgroup' is true; "
                    + "set stopasgroup: false as well",
                at: draft.marks["killasgroup"] ?? draft.process.origin.mark
            )
        }
    }

    /// One user of a log file.
    private struct LogUser {
        var owner: String
        var process: ProcessName?
        var path: String
        var backups: Int
        var mark: Mark
    }

    /// Complains about files that two outputs would rotate under each other.
    private mutating func checkLogs(_ drafts: [DraftProcess], daemon: DraftDaemon) {
        var users: [LogUser] = []
        var names: Set<ProcessName> = []
        // A name that stands twice has drawn its complaint.
        for draft in drafts where names.insert(draft.process.name).inserted {
            users += logUsers(of: draft)
        }
        var first: [String: LogUser] = [:]
        var blamed: Set<Mark> = []
        if let mark = daemon.marks["logfile"] ?? daemon.marks["childlogdir"],
            let logfile = daemon.settings.logfile
        {
            let path = PathText.folded(logfile)
            first[path] = LogUser(
                owner: "the daemon",
                process: nil,
                path: path,
                backups: daemon.settings.logfileBackups,
                mark: mark
            )
        }
        for user in users {
            if let other = first[user.path] {
                // A thousand copies of a program are wrong in one place.
                if blamed.insert(user.mark).inserted { complainShared(user, with: other) }
            } else {
                first[user.path] = user
            }
        }
        for user in users {
            // By bytes: a thousand paths are looked at whenever a manager takes over.
            guard let dot = user.path.utf8.lastIndex(of: UInt8(ascii: ".")),
                let number = NumberText.integer(String(user.path[dot...].dropFirst())),
                let other = first[String(user.path[..<dot])], (1...9999).contains(number),
                number <= other.backups
            else { continue }
            complaints.error(
                "\(user.owner) writes \(quoted(user.path)), which is where \(other.owner) keeps a "
                    + "rotated log",
                at: user.mark
            )
        }
    }

    private func logUsers(of draft: DraftProcess) -> [LogUser] {
        let process = draft.process
        func user(_ settings: LogSettings, _ channel: String) -> LogUser? {
            guard case .file(let path) = settings.destination else { return nil }
            return LogUser(
                owner: "\(channel) of '\(process.name)'",
                process: process.name,
                path: PathText.folded(path),
                backups: settings.backups,
                mark: draft.marks[channel + "_logfile"] ?? process.origin.mark
            )
        }
        var users = [user(process.stdout, "stdout")]
        if case .log(let settings) = process.stderr { users.append(user(settings, "stderr")) }
        return users.compactMap(\.self)
    }

    private mutating func complainShared(_ user: LogUser, with other: LogUser) {
        if let process = user.process, process == other.process {
            complaints.error(
                "stdout and stderr of '\(process)' both go to \(quoted(user.path)); "
                    + "write redirect_stderr: true instead of stderr_logfile",
                at: user.mark
            )
            return
        }
        let isOnePlace = user.mark == other.mark
        complaints.error(
            "\(user.owner) and \(other.owner) both go to \(quoted(user.path)); "
                + (isOnePlace
                    ? "put %(process_num)d into the name" : "the first is at \(other.mark)"),
            at: user.mark
        )
    }
}
