// SPDX-License-Identifier: Apache-2.0

import OrderedCollections
package import Supervision

/// The difference between the configuration that runs and the one in the file.
package struct ConfigurationChange: Hashable, Sendable {
    /// What has to happen to a process that both configurations have.
    package struct Changed: Hashable, Sendable {
        /// Which keys differ, as in `command, environment changed`.
        package var reason: String
        /// Whether the process must be started anew; else new rules are put in place as it runs.
        package var needsRestart: Bool
    }

    /// Processes only the new configuration has, in its order.
    package var added: [ProcessName] = []
    /// Processes only the old configuration has, in its order.
    package var removed: [ProcessName] = []
    package var changed: [ProcessName: Changed] = [:]
    /// Processes that are the same in both, in the order of the new one.
    package var kept: [ProcessName] = []
    /// Names of groups that only the new configuration has, sorted.
    package var addedGroups: [String] = []
    /// Names of groups with another priority, or a process added, removed or changed, sorted.
    package var changedGroups: [String] = []
    /// Names of groups that only the old configuration has, sorted.
    package var removedGroups: [String] = []
    /// Keys of `swisord` that differ and take effect when the daemon is started again.
    package var needsDaemonRestart: [String] = []

    /// Whether the two configurations are the same.
    package var isEmpty: Bool {
        added.isEmpty && removed.isEmpty && changed.isEmpty && addedGroups.isEmpty
            && changedGroups.isEmpty && removedGroups.isEmpty && needsDaemonRestart.isEmpty
    }

    /// Compares what runs (`old`) with what the file says now (`new`).
    package init(from old: Configuration, to new: Configuration) {
        let before = Dictionary(old.processes.map { ($0.name, $0) }) { first, _ in first }
        let after = Set(new.processes.map(\.name))
        var touched: Set<String> = []
        removed = old.processes.map(\.name).filter { !after.contains($0) }
        touched.formUnion(removed.map(\.group))
        for process in new.processes {
            guard let earlier = before[process.name] else {
                added.append(process.name)
                touched.insert(process.name.group)
                continue
            }
            guard let change = Changed(from: earlier, to: process) else {
                kept.append(process.name)
                continue
            }
            changed[process.name] = change
            touched.insert(process.name.group)
        }
        for (name, group) in new.groups {
            guard let earlier = old.groups[name] else {
                addedGroups.append(name)
                continue
            }
            if earlier.priority != group.priority || touched.contains(name) {
                changedGroups.append(name)
            }
        }
        removedGroups = old.groups.keys.filter { new.groups[$0] == nil }.sorted()
        addedGroups.sort()
        changedGroups.sort()
        needsDaemonRestart = differences(from: old.daemon, to: new.daemon)
    }
}

extension ConfigurationChange.Changed {
    /// Compares two processes of one name; nil when nothing that matters differs.
    fileprivate init?(from old: ProcessConfiguration, to new: ProcessConfiguration) {
        guard old != new else { return nil }
        let restarting = restartingDifferences(from: old, to: new)
        let updating = updatingDifferences(from: old, to: new)
        guard !restarting.isEmpty || !updating.isEmpty else { return nil }
        reason = (restarting + updating).joined(separator: ", ") + " changed"
        needsRestart = !restarting.isEmpty
    }
}

/// The names of those pairs whose halves differ.
private func names(of pairs: [(name: String, differs: Bool)]) -> [String] {
    pairs.filter(\.differs).map(\.name)
}

/// Whether two environments have the same variables, in whatever order.
private func isSame(
    _ old: OrderedDictionary<String, String>,
    _ new: OrderedDictionary<String, String>
) -> Bool {
    old.count == new.count && old.allSatisfy { new[$0.key] == $0.value }
}

/// The keys that only a new process can take on.
private func restartingDifferences(
    from old: ProcessConfiguration,
    to new: ProcessConfiguration
) -> [String] {
    names(of: [
        ("command", old.arguments != new.arguments),
        ("directory", old.directory != new.directory),
        ("swisord.environment", !isSame(old.baseEnvironment, new.baseEnvironment)),
        ("environment", !isSame(old.environment, new.environment)),
        ("env_file", old.environmentFiles != new.environmentFiles),
        ("user", old.user != new.user),
        ("umask", old.umask != new.umask),
        ("stdin", old.stdin != new.stdin),
        ("socket", old.socket?.place != new.socket?.place),
        ("socket_backlog", old.socket?.backlog != new.socket?.backlog),
        ("socket_owner", old.socket?.owner != new.socket?.owner),
        ("socket_mode", old.socket?.mode != new.socket?.mode),
        ("redirect_stderr", old.stderr.isRedirected != new.stderr.isRedirected),
        ("stdout_logfile", old.stdout.destination != new.stdout.destination),
        ("stderr_logfile", old.stderr.destinationDiffers(from: new.stderr)),
        ("serverurl", old.serverURL != new.serverURL),
        ("event_listeners", (old.listener == nil) != (new.listener == nil)),
        // Its outputs were /dev/null, or are to be.
        ("stdout_events_enabled", old.stdout.isReadWithoutLog != new.stdout.isReadWithoutLog),
        ("stderr_events_enabled", old.stderr.differs(from: new.stderr, in: \.isReadWithoutLog)),
    ])
}

/// The keys that are rules of the daemon, which it can follow from now on.
private func updatingDifferences(
    from old: ProcessConfiguration,
    to new: ProcessConfiguration
) -> [String] {
    let before = old.policy
    let after = new.policy
    return names(of: [
        ("program", old.program != new.program),
        ("autostart", before.autostart != after.autostart),
        ("autorestart", before.restart != after.restart),
        ("exitcodes", before.exitCodes != after.exitCodes),
        ("startsecs", before.startSeconds != after.startSeconds),
        ("startretries", before.startRetries != after.startRetries),
        ("backoff", before.backoff != after.backoff),
        ("stopsignal", before.stopSignal != after.stopSignal),
        ("stopwaitsecs", before.stopWait != after.stopWait),
        ("stopasgroup", before.stopAsGroup != after.stopAsGroup),
        ("killasgroup", before.killAsGroup != after.killAsGroup),
        ("leftovers", old.leftovers != new.leftovers),
        ("priority", old.priority != new.priority),
        ("stdout_logfile_maxbytes", old.stdout.maxBytes != new.stdout.maxBytes),
        ("stdout_logfile_backups", old.stdout.backups != new.stdout.backups),
        ("stderr_logfile_maxbytes", old.stderr.differs(from: new.stderr, in: \.maxBytes)),
        ("stderr_logfile_backups", old.stderr.differs(from: new.stderr, in: \.backups)),
        ("stdout_syslog", old.stdout.alsoSyslog != new.stdout.alsoSyslog),
        ("stderr_syslog", old.stderr.differs(from: new.stderr, in: \.alsoSyslog)),
        (
            "inherit_prefix",
            old.stdout.isPrefixed != new.stdout.isPrefixed
                || old.stderr.differs(from: new.stderr, in: \.isPrefixed)
        ),
        ("on_full", old.stdout.onFull != new.stdout.onFull),
        (
            "strip_ansi",
            old.stdout.stripsEscapes != new.stdout.stripsEscapes
                || old.stderr.differs(from: new.stderr, in: \.stripsEscapes)
        ),
        ("stdout_capture_maxbytes", old.stdout.captureMaxBytes != new.stdout.captureMaxBytes),
        ("stdout_events_enabled", old.stdout.hasEvents != new.stdout.hasEvents),
        ("stderr_capture_maxbytes", old.stderr.differs(from: new.stderr, in: \.captureMaxBytes)),
        ("stderr_events_enabled", old.stderr.differs(from: new.stderr, in: \.hasEvents)),
        ("events", old.listener?.events != new.listener?.events),
        ("buffer_size", old.listener?.bufferSize != new.listener?.bufferSize),
    ])
}

/// The keys of `swisord` that differ, in the order of their table.
private func differences(from old: DaemonSettings, to new: DaemonSettings) -> [String] {
    names(of: [
        ("logfile", old.logfile != new.logfile),
        ("logfile_maxbytes", old.logfileMaxBytes != new.logfileMaxBytes),
        ("logfile_backups", old.logfileBackups != new.logfileBackups),
        ("loglevel", old.logLevel != new.logLevel),
        ("pidfile", old.pidfile != new.pidfile),
        ("umask", old.umask != new.umask),
        ("directory", old.directory != new.directory),
        ("nodaemon", old.nodaemon != new.nodaemon),
        ("silent", old.silent != new.silent),
        ("childlogdir", old.childlogdir != new.childlogdir),
        ("user", old.user != new.user),
        ("identifier", old.identifier != new.identifier),
        ("socket", old.socket != new.socket),
        ("socket_mode", old.socketMode != new.socketMode),
        ("socket_owner", old.socketOwner != new.socketOwner),
        ("runtime_dir", old.runtimeDirectory != new.runtimeDirectory),
        ("orphans", old.orphans != new.orphans),
        ("process_trees", old.processTrees != new.processTrees),
        ("minfds", old.minimumFiles != new.minimumFiles),
        ("minprocs", old.minimumProcesses != new.minimumProcesses),
        ("state_dir", old.stateDirectory != new.stateDirectory),
        ("http", old.http != new.http),
    ])
}

extension StderrSettings {
    fileprivate var isRedirected: Bool { self == .redirected }

    /// Whether both are logs of their own and `value` of them differs.
    fileprivate func differs<T: Equatable>(
        from other: StderrSettings,
        in value: (LogSettings) -> T
    ) -> Bool {
        guard case .log(let mine) = self, case .log(let theirs) = other else { return false }
        return value(mine) != value(theirs)
    }

    fileprivate func destinationDiffers(from other: StderrSettings) -> Bool {
        differs(from: other, in: \.destination)
    }
}
