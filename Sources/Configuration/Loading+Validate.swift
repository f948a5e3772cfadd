// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
import Supervision
import YAML

extension Loading {
    /// Checks what no key can tell by itself.
    mutating func validate(
        _ drafts: DraftProcesses,
        groups: OrderedDictionary<String, ReadGroup>,
        programs: [MergedProgram],
        daemon: DraftDaemon,
        files: [LoadedFile]
    ) {
        checkMembers(of: groups, programs: programs, declared: declaredPrograms(in: files))
        let repeated = checkProcessNames(drafts)
        checkGroupKilling(drafts)
        checkSockets(drafts)
        // A name that stands twice has drawn its complaint.
        checkLogs(drafts, except: repeated, daemon: daemon)
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
        _ drafts: DraftProcesses,
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

    /// Complains about names that stand twice; answers the indices of those that do again.
    private mutating func checkProcessNames(_ drafts: DraftProcesses) -> Set<Int> {
        var earlier: [ProcessName: Int] = Dictionary(minimumCapacity: drafts.count)
        var repeated: Set<Int> = []
        for index in drafts.indices {
            let name = drafts[index].process.name
            guard let before = earlier.updateValue(index, forKey: name) else { continue }
            repeated.insert(index)
            let (draft, first) = (drafts[index], drafts[before])
            let mark = draft.marks["process_name"] ?? draft.process.origin.mark
            complaints.error(
                first.process.program == draft.process.program
                    ? "program '\(draft.process.program)' has two processes called '\(name)'"
                    : "the process '\(name)' exists already; the first is of program "
                        + "'\(first.process.program)' at \(first.process.origin.mark)",
                at: mark
            )
        }
        return repeated
    }

    private mutating func checkGroupKilling(_ drafts: DraftProcesses) {
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
        /// `stdout` or `stderr`, of a process; nil for the daemon.
        var channel: (name: String, process: ProcessName)?
        var path: String
        var backups: Int
        var mark: Mark

        var owner: String {
            channel.map { "\($0.name) of '\($0.process)'" } ?? "the daemon"
        }
    }

    /// Complains about files that two outputs would rotate under each other.
    private mutating func checkLogs(
        _ drafts: DraftProcesses,
        except repeated: Set<Int>,
        daemon: DraftDaemon
    ) {
        var users: [LogUser] = []
        users.reserveCapacity(2 * drafts.count)
        for index in drafts.indices where !repeated.contains(index) {
            addLogUsers(of: drafts[index], to: &users)
        }
        // By the place in `users`; the daemon has none.
        var first: [String: Int] = Dictionary(minimumCapacity: users.count)
        let own = logUser(daemon)
        var blamed: Set<Mark> = []
        for (index, user) in users.enumerated() {
            if let other = own?.path == user.path ? own : first[user.path].map({ users[$0] }) {
                // A thousand copies of a program are wrong in one place.
                if blamed.insert(user.mark).inserted { complainShared(user, with: other) }
            } else {
                first[user.path] = index
            }
        }
        for user in users {
            // By bytes: a thousand paths are looked at whenever a manager takes over.
            guard let last = user.path.utf8.last,
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last),
                let dot = user.path.utf8.lastIndex(of: UInt8(ascii: ".")),
                let number = NumberText.integer(String(user.path[dot...].dropFirst())),
                (1...9999).contains(number)
            else { continue }
            let path = String(user.path[..<dot])
            guard let other = own?.path == path ? own : first[path].map({ users[$0] }),
                number <= other.backups
            else { continue }
            complaints.error(
                "\(user.owner) writes \(quoted(user.path)), which is where \(other.owner) keeps a "
                    + "rotated log",
                at: user.mark
            )
        }
    }

    private func logUser(_ daemon: DraftDaemon) -> LogUser? {
        guard let mark = daemon.marks["logfile"] ?? daemon.marks["childlogdir"],
            let logfile = daemon.settings.logfile
        else { return nil }
        return LogUser(
            path: PathText.folded(logfile),
            backups: daemon.settings.logfileBackups,
            mark: mark
        )
    }

    private func addLogUsers(of draft: DraftProcess, to users: inout [LogUser]) {
        let process = draft.process
        func add(_ settings: LogSettings, _ channel: String) {
            guard case .file(let path) = settings.destination else { return }
            users.append(
                LogUser(
                    channel: (channel, process.name),
                    path: PathText.folded(path),
                    backups: settings.backups,
                    mark: draft.marks[channel + "_logfile"] ?? process.origin.mark
                )
            )
        }
        add(process.stdout, "stdout")
        if case .log(let settings) = process.stderr { add(settings, "stderr") }
    }

    private mutating func complainShared(_ user: LogUser, with other: LogUser) {
        if let process = user.channel?.process, process == other.channel?.process {
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
