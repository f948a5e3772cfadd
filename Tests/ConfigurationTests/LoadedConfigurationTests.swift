// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import OrderedCollections
import Supervision
import Testing
import YAML

@Suite("A loaded configuration")
struct LoadedConfigurationTests {
    private func load(_ name: String) throws -> Configuration {
        let fixture = try #require(Fixture.all(in: "valid").first { $0.name == name })
        return try #require(fixture.load().configuration)
    }

    private func configuration(
        _ text: String,
        surroundings: Surroundings? = nil
    ) throws -> Configuration {
        let folder = try TemporaryFolder()
        return try #require(try folder.load(text, surroundings: surroundings).configuration)
    }

    @Test("holds every setting of the daemon")
    func daemon() throws {
        let configuration = try load("everything")
        let here = "\(Fixture.root)/Fixtures/valid"
        let daemon = configuration.daemon
        #expect(configuration.file == "\(here)/everything.yaml")
        #expect(daemon.logfile == "\(here)/logs/daemon.log")
        #expect(daemon.logfileMaxBytes == 10 << 20)
        #expect(daemon.logfileBackups == 3)
        #expect(daemon.logLevel == .debug)
        #expect(daemon.pidfile == "\(here)/daemon.pid")
        #expect(daemon.umask == 0o027)
        #expect(daemon.directory == "/home/josh/work")
        #expect(daemon.nodaemon)
        #expect(daemon.silent)
        #expect(daemon.childlogdir == "\(here)/logs/programs")
        #expect(daemon.user == UserReference("josh:staff"))
        #expect(daemon.environment == ["LICENSE": "27000@node7", "EMPTY": ""])
        #expect(daemon.identifier == "lab")
        #expect(daemon.socket == "/home/josh/run/C.UTF-8.sock")
        #expect(daemon.runtimeDirectory == "/home/josh/run")
        #expect(daemon.stateDirectory == "/srv/state")
    }

    @Test("holds what to run and where, expanded for each copy")
    func processes() throws {
        let configuration = try load("everything")
        let here = "\(Fixture.root)/Fixtures/valid"
        #expect(
            configuration.processes.map(\.name.description) == [
                "jobs:solver_08", "jobs:solver_09", "web",
            ]
        )
        let solver = configuration.processes[1]
        #expect(solver.program == "solver")
        #expect(
            solver.arguments == [
                "\(here)/runs/09/solver", "--case", "two words", "9", "27000@node7", "100%",
                "%(here)",
            ]
        )
        #expect(solver.directory == "\(here)/runs/09")
        #expect(solver.baseEnvironment == ["LICENSE": "27000@node7", "EMPTY": ""])
        #expect(
            solver.environment == [
                "OMP_NUM_THREADS": "4", "NOTE": "no solver", "SECRET": "2 GB; rm",
            ]
        )
        #expect(
            solver.environmentFiles == [
                EnvironmentFileReference(path: "\(here)/common.env", isOptional: false),
                EnvironmentFileReference(path: "\(here)/local.env", isOptional: true),
            ]
        )
        #expect(solver.user == UserReference("1000:100"))
        #expect(solver.umask == 0o077)
        #expect(solver.priority == -5)
        var stdout = LogSettings(
            destination: .file("\(here)/logs/jobs-9.log"),
            maxBytes: 1 << 30,
            backups: 0,
            onFull: .dropOld
        )
        stdout.alsoSyslog = true
        #expect(solver.stdout == stdout)
        let syslog = LogSettings(
            destination: .syslog,
            maxBytes: 0,
            backups: 1,
            onFull: .dropOld
        )
        #expect(solver.stderr == .log(syslog))
        #expect(solver.serverURL == .text("unix:///tmp/solver.sock"))
        #expect(solver.origin.mark.line == 19)
        let web = configuration.processes[2]
        #expect(web.arguments == ["/usr/bin/web", "", "a b", "$HOME"])
        #expect(web.stdout.destination == .inherit)
        #expect(web.stderr == .redirected)
        #expect(web.directory == nil)
    }

    @Test("holds the rules of a program")
    func policy() throws {
        let policy = try load("everything").processes[0].policy
        var expected = ProcessPolicy()
        expected.autostart = false
        expected.restart = .always
        expected.exitCodes = [0, 2]
        expected.startSeconds = .milliseconds(500)
        expected.startRetries = nil
        expected.backoff.initial = .milliseconds(500)
        expected.backoff.factor = 1.5
        expected.backoff.max = .seconds(300)
        expected.backoff.jitter = 0
        expected.stopSignal = .interrupt
        expected.stopWait = nil
        expected.stopAsGroup = false
        expected.killAsGroup = false
        #expect(policy == expected)
    }

    @Test("has a group for each program that is in none")
    func groups() throws {
        #expect(
            try load("everything").groups == [
                "jobs": GroupConfiguration(name: "jobs", priority: 7, isImplicit: false),
                "web": GroupConfiguration(name: "web", priority: 999, isImplicit: true),
            ]
        )
        let configuration = try configuration("programs: {a: {command: a, priority: 3}}")
        #expect(configuration.groups["a"]?.priority == 3)
    }

    @Test("of a minimal program has every default")
    func minimal() throws {
        let configuration = try load("minimal")
        let process = try #require(configuration.processes.first)
        #expect(process.policy == ProcessPolicy())
        #expect(process.priority == 999)
        #expect(process.arguments == ["/usr/bin/web", "--port", "80"])
        #expect(
            process.stdout
                == LogSettings(
                    destination: .file("/home/josh/.local/state/swisord/log/web.log")
                )
        )
        #expect(
            process.stderr
                == .log(
                    LogSettings(
                        destination: .file("/home/josh/.local/state/swisord/log/web.err.log")
                    )
                )
        )
        let daemon = configuration.daemon
        #expect(daemon.socket == "/run/user/1000/swisord/swisord.sock")
        #expect(daemon.logfile == "/home/josh/.local/state/swisord/log/swisord.log")
        #expect(daemon.runtimeDirectory == "/run/user/1000/swisord")
        #expect(daemon.stateDirectory == "/home/josh/.local/state/swisord")
        #expect(daemon.pidfile == nil)
    }

    @Test("of root keeps its things where the system keeps such things")
    func rootDirectories() throws {
        let folder = try TemporaryFolder()
        var surroundings = Surroundings.ofTests(in: folder.path)
        surroundings.isRoot = true
        surroundings.userID = ownUserID()
        let configuration = try #require(
            try folder.load("programs: {a: {command: a}}", surroundings: surroundings).configuration
        )
        #expect(configuration.daemon.socket == "/run/swisord/swisord.sock")
        #expect(configuration.daemon.stateDirectory == "/var/lib/swisord")
        #expect(configuration.daemon.logfile == "/var/log/swisord/swisord.log")
        #expect(configuration.daemon.childlogdir == "/var/log/swisord")
    }

    @Test("falls back to /tmp and the home directory without the XDG variables")
    func fallbackDirectories() throws {
        var surroundings = Surroundings.ofTests()
        surroundings.environment = ["XDG_RUNTIME_DIR": "relative", "XDG_STATE_HOME": "/state"]
        let daemon = try configuration("programs: {a: {command: a}}", surroundings: surroundings)
            .daemon
        #expect(daemon.runtimeDirectory == "/tmp/swisord-1000")
        #expect(daemon.stateDirectory == "/state/swisord")
    }

    @Test("names the automatic log of a process in a group of another name after both")
    func automaticLogs() throws {
        let configuration = try configuration(
            """
            swisord: {childlogdir: /logs}
            programs:
              a: {command: a}
              n: {command: n, numprocs: 2, process_name: "%(process_num)d"}
            groups: {g: {programs: [a]}}
            """
        )
        #expect(
            configuration.processes.map(\.stdout.destination) == [
                .file("/logs/g:a.log"), .file("/logs/n:0.log"), .file("/logs/n:1.log"),
            ]
        )
    }

    @Test("reads included files, each with its own defaults, and relative to itself")
    func include() throws {
        let configuration = try load("include")
        let folder = "\(Fixture.root)/Fixtures/valid/include.d"
        #expect(configuration.processes.map(\.program) == ["web", "a", "b"])
        #expect(
            configuration.processes.map(\.policy.startSeconds) == [
                .seconds(7), .seconds(1), .seconds(9),
            ]
        )
        #expect(configuration.processes[1].arguments == ["run", folder])
        #expect(configuration.processes[1].stdout.destination == .file("\(folder)/a.log"))
        #expect(configuration.processes[2].environment == ["Y": "3", "X": "1"])
        #expect(configuration.groups.keys == ["mixed", "a"])
    }

    @Test("merges maps of defaults and replaces everything else")
    func defaults() throws {
        let configuration = try configuration(
            """
            defaults:
              exitcodes: [0, 1]
              environment: {A: "1", B: "2"}
              backoff: {initial: 3s, max: 9s}
            programs:
              a: {command: a, exitcodes: [5], environment: {B: "3"}, backoff: {max: 4s}}
              b: {command: b}
            """
        )
        let (a, b) = (configuration.processes[0], configuration.processes[1])
        #expect(a.policy.exitCodes == [5])
        #expect(b.policy.exitCodes == [0, 1])
        #expect(a.environment == ["B": "3", "A": "1"])
        #expect(b.environment == ["A": "1", "B": "2"])
        #expect(a.policy.backoff.initial == .seconds(3))
        #expect(a.policy.backoff.max == .seconds(4))
        #expect(b.policy.backoff.max == .seconds(9))
    }

    @Test("resolves anchors before it reads")
    func anchors() throws {
        let processes = try load("anchors").processes
        #expect(processes[0].policy.restart == .always)
        #expect(processes[1].policy.restart == .never)
        #expect(processes[1].policy.startSeconds == .seconds(3))
        #expect(processes[1].environment == ["B": "2", "A": "1"])
    }

    @Test("lets a program's own variables be used by its other keys")
    func ownVariables() throws {
        let process = try configuration(
            """
            swisord: {environment: {BASE: /base}}
            programs:
              a:
                command: a %(ENV_PORT)s %(ENV_BASE)s %(ENV_PERCENT)s
                environment: {PORT: "80", BASE: "%(ENV_BASE)s/own"}
            """
        ).processes[0]
        #expect(process.arguments == ["a", "80", "/base/own", "100%(here)s"])
        #expect(process.environment == ["PORT": "80", "BASE": "/base/own"])
    }

    @Test("looks for a relative program from its directory, or from the file")
    func relativePrograms() throws {
        let folder = try TemporaryFolder()
        let text = """
            programs:
              a: {command: ./run, directory: /srv/a}
              b: {command: bin/run}
              c: {command: run}
            """
        let configuration = try #require(try folder.load(text).configuration)
        #expect(
            configuration.processes.map(\.arguments) == [
                ["/srv/a/run"], ["\(folder.path)/bin/run"], ["run"],
            ]
        )
    }

    @Test("is reported with every complaint when there is none, and has an error then")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let missing = ConfigurationLoader.load(
            file: "\(folder.path)/no.yaml",
            surroundings: .ofTests(in: folder.path)
        )
        #expect(missing.configuration == nil)
        #expect(
            missing.diagnostics.map(\.description) == [
                "\(folder.path)/no.yaml: error: cannot read the file: No such file or directory"
            ]
        )
        let directory = ConfigurationLoader.load(file: folder.path, surroundings: .ofTests())
        #expect(directory.diagnostics.first?.message == "cannot read the file: it is a directory")
        let device = ConfigurationLoader.load(file: "/dev/zero", surroundings: .ofTests())
        #expect(
            device.diagnostics.first?.message == "cannot read the file: it is not a regular file"
        )
        #expect(ConfigurationLoader.load(file: "", surroundings: .ofTests()).diagnostics.count == 1)
    }

    @Test("larger than 16 MiB is refused without being kept")
    func tooLarge() throws {
        let folder = try TemporaryFolder()
        let outcome = try folder.load(String(repeating: "# filler\n", count: (17 << 20) / 9))
        #expect(
            outcome.diagnostics.map(\.message) == [
                "the file is larger than 16 MiB, the most that is read"
            ]
        )
    }

    @Test("that changes whenever it is read is refused", .timeLimit(.minutes(10)))
    func changing() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("supervisor.yaml", "")
        let reason = "cannot read the file: it changes while it is being read"
        // Large, so that a change falls into each reading; it ends when the file is gone.
        let change = "truncate -c -s 17M '\(file)'; truncate -c -s 18M '\(file)'"
        let writer = try #require(popen("while [ -e '\(file)' ]; do \(change); done", "we"))
        defer { pclose(writer) }
        defer { unlink(file) }
        let deadline = ContinuousClock.now + .seconds(120)
        var seen = ""
        while seen != reason, ContinuousClock.now < deadline {
            let outcome = ConfigurationLoader.load(
                file: file,
                surroundings: .ofTests(in: folder.path)
            )
            seen = outcome.diagnostics.first?.message ?? ""
        }
        #expect(seen == reason)
    }

    @Test("of a thousand programs is there in no time", .timeLimit(.minutes(10)))
    func thousand() throws {
        let programs = (0..<1000).map {
            "  p\($0): {command: run \($0), stdout_logfile: p\($0).log}\n"
        }
        let configuration = try configuration("programs:\n" + programs.joined())
        #expect(configuration.processes.count == 1000)
    }

    @Test("full of unknown keys draws a hundred complaints and no more", .timeLimit(.minutes(10)))
    func hostileKeys() throws {
        let folder = try TemporaryFolder()
        let keys = (0..<50_000).map { "autorestrat\($0): 1\n" }.joined()
        let outcome = try folder.load(keys)
        #expect(outcome.configuration == nil)
        #expect(outcome.diagnostics.count == 101)
    }
}
