// SPDX-License-Identifier: Apache-2.0

import Configuration
import Supervision
import Testing

@Suite("A change of the configuration")
struct ConfigurationChangeTests {
    private func load(_ text: String) throws -> Configuration {
        let folder = try TemporaryFolder()
        let outcome = try folder.load(text)
        var configuration = try #require(outcome.configuration, "\(outcome.diagnostics)")
        // Each text has a folder of its own; the tests are about everything else.
        configuration.file = "/supervisor.yaml"
        return configuration
    }

    private func change(_ old: String, _ new: String) throws -> ConfigurationChange {
        let (before, after) = (try load(old), try load(new))
        let change = ConfigurationChange(from: before, to: after)
        checkFingerprints(before, after, change)
        return change
    }

    /// The number that stands for a process must say what the comparison says.
    private func checkFingerprints(
        _ old: Configuration,
        _ new: Configuration,
        _ change: ConfigurationChange
    ) {
        for process in new.processes {
            guard let before = old.processes.first(where: { $0.name == process.name }) else {
                continue
            }
            let isSame = process.fingerprint == before.fingerprint
            #expect(isSame != (change.changed[process.name]?.needsRestart ?? false))
        }
    }

    private func single(_ name: String) -> ProcessName { ProcessName(group: name, process: name) }

    @Test("is empty for the same file in another order and with other comments")
    func nothing() throws {
        let change = try change(
            "programs: {a: {command: a, environment: {X: '1', Y: '2'}}}",
            "# new\nprograms:\n\n  a:\n    environment: {Y: '2', X: '1'}\n    command: 'a'\n"
        )
        #expect(change.isEmpty)
        #expect(change.kept == [single("a")])
    }

    @Test("names what is added, removed and kept, and the groups of it")
    func addedAndRemoved() throws {
        let change = try change(
            "programs: {a: {command: a}, b: {command: b}, z: {command: z}}",
            "programs: {y: {command: y}, b: {command: b}, c: {command: c}}"
        )
        #expect(change.added == [single("y"), single("c")])
        #expect(change.removed == [single("a"), single("z")])
        #expect(change.kept == [single("b")])
        #expect(change.changed.isEmpty)
        #expect(change.addedGroups == ["c", "y"])
        #expect(change.removedGroups == ["a", "z"])
        #expect(change.changedGroups.isEmpty)
        #expect(!change.isEmpty)
    }

    @Test(
        "needs a new process for what only a new process can take on",
        arguments: [
            ("command: b", "command"), ("directory: /srv", "directory"),
            ("environment: {X: '1'}", "environment"), ("env_file: /e", "env_file"),
            ("user: josh", "user"), ("umask: 022", "umask"),
            ("redirect_stderr: true", "redirect_stderr"), ("stdout_logfile: /x", "stdout_logfile"),
            ("stderr_logfile: NONE", "stderr_logfile"), ("serverurl: none", "serverurl"),
        ]
    )
    func restarting(_ key: String, _ name: String) throws {
        let text = key.hasPrefix("command") ? key : "command: a, \(key)"
        let change = try change("programs: {a: {command: a}}", "programs: {a: {\(text)}}")
        let changed = try #require(change.changed[single("a")])
        #expect(changed.reason == "\(name) changed")
        #expect(changed.needsRestart)
        #expect(change.changedGroups == ["a"])
        #expect(change.kept.isEmpty)
    }

    @Test(
        "updates rules in place",
        arguments: [
            "autostart: false", "autorestart: true", "exitcodes: [1]", "startsecs: 9",
            "startretries: 9", "backoff: {max: 9s}", "stopsignal: HUP", "stopwaitsecs: never",
            "stopasgroup: false", "priority: 5", "stdout_logfile_maxbytes: 1MB",
            "stdout_logfile_backups: 1", "stderr_logfile_maxbytes: 1MB",
            "stderr_logfile_backups: 1", "inherit_prefix: false", "on_full: block",
            "stdout_syslog: true",
            "stderr_syslog: true",
        ]
    )
    func updating(_ key: String) throws {
        let change = try change(
            "programs: {a: {command: a}}",
            "programs: {a: {command: a, \(key)}}"
        )
        let changed = try #require(change.changed[single("a")])
        #expect(changed.reason == "\(key.prefix { $0 != ":" }) changed")
        #expect(!changed.needsRestart)
    }

    @Test("has fingerprints that are the same in every process and every build")
    func fingerprints() throws {
        let configuration = try load(
            """
            swisord: {environment: {B: '2', A: '1'}}
            programs:
              a: {command: a b, stdout_logfile: /a, redirect_stderr: true, env_file: -/e, user: josh}
              b: {command: a b, stdout_logfile: NONE, stderr_logfile: SYSLOG, umask: 022}
            """
        )
        let prints = configuration.processes.map { String($0.fingerprint, radix: 16) }
        #expect(prints == ["5d6f4e39f6da1d5", "493896713da74096"])
    }

    @Test("names every key that differs")
    func several() throws {
        let change = try change(
            "programs: {a: {command: a}}",
            "programs: {a: {command: b, environment: {X: '1'}, stopwaitsecs: 3s, killasgroup: true}}"
        )
        #expect(change.changed[single("a")]?.reason == "command, environment, stopwaitsecs changed")
    }

    @Test("of swisord.environment restarts every program")
    func baseEnvironment() throws {
        let change = try change(
            "programs: {a: {command: a}}",
            "swisord: {environment: {X: '1'}}\nprograms: {a: {command: a}}"
        )
        #expect(change.changed[single("a")]?.reason == "swisord.environment changed")
        #expect(change.changed[single("a")]?.needsRestart == true)
        #expect(change.needsDaemonRestart.isEmpty)
    }

    @Test("of a group's priority changes the group alone")
    func groupPriority() throws {
        let programs = "programs: {a: {command: a, stdout_logfile: NONE, stderr_logfile: NONE}}\n"
        let change = try change(
            programs + "groups: {g: {programs: [a]}}",
            programs + "groups: {g: {programs: [a], priority: 3}}"
        )
        #expect(change.changedGroups == ["g"])
        #expect(change.kept == [ProcessName(group: "g", process: "a")])
    }

    @Test("into a group is another process")
    func regrouped() throws {
        let change = try change(
            "programs: {a: {command: a}}",
            "programs: {a: {command: a}}\ngroups: {g: {programs: [a]}}"
        )
        #expect(change.removed == [single("a")])
        #expect(change.added == [ProcessName(group: "g", process: "a")])
    }

    @Test("of the daemon names the settings that wait for its next start")
    func daemon() throws {
        let change = try change(
            "programs: {a: {command: a, stdout_logfile: NONE, stderr_logfile: NONE}}",
            """
            swisord: {loglevel: debug, socket: /run/x.sock, umask: 077, logfile_backups: 1, user: josh,
              logfile: /l, logfile_maxbytes: 1, pidfile: /p, directory: /d, nodaemon: true, silent: true,
              childlogdir: /c, identifier: i, runtime_dir: /r, state_dir: /s, orphans: leave,
              process_trees: proc, minfds: 64, minprocs: 64,
              socket_mode: 0660, socket_owner: josh}
            http: {listen: "127.0.0.1:9001", insecure: true}
            programs: {a: {command: a, stdout_logfile: NONE, stderr_logfile: NONE}}
            """
        )
        #expect(
            change.needsDaemonRestart
                == KeyTable.daemon.keys.map(\.name).filter {
                    // Those of programs, which follow them at once.
                    !["environment", "strip_ansi"].contains($0)
                } + ["http"]
        )
        #expect(change.changed.isEmpty)
    }
}
