// SPDX-License-Identifier: Apache-2.0

import Configuration
import Import
import OrderedCollections
import Supervision
import Testing

@Suite("Each fixture")
struct FixtureTests {
    @Test("becomes what stands beside it", arguments: Fixture.all)
    func result(fixture: Fixture) throws {
        let conversion = try fixture.convert()
        #expect(conversion.yaml == fixture.text(".yaml"))
        let said = conversion.findings.map { $0.description + "\n" }.joined()
        #expect(said == fixture.text(".txt"))
    }

    @Test("is a configuration without errors then", arguments: Fixture.all)
    func loads(fixture: Fixture) {
        let outcome = fixture.load()
        let errors = outcome.diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.description) == [])
        #expect(outcome.configuration?.processes.isEmpty == false)
    }

    @Test("means what supervisord makes of it, fact by fact", arguments: Fixture.withFacts)
    func facts(fixture: Fixture) throws {
        let conversion = try fixture.convert()
        let configuration = try #require(fixture.load().configuration)
        var ours: Set<String> = []
        for process in configuration.processes {
            ours.formUnion(process.facts(in: configuration))
        }
        let theirs = fixture.text(".facts").split(separator: "\n").map(String.init)
        #expect(!theirs.isEmpty)
        let missing = theirs.filter { !ours.contains($0) }
        // Where something was lost it has been told; where nothing was, nothing may differ.
        if !conversion.isLossy { #expect(missing == []) }
    }

    @Test("that asks for what not every version has keeps it or tells", arguments: Fixture.growing)
    func growing(fixture: Fixture) throws {
        let conversion = try fixture.convert()
        #expect(conversion.yaml.contains("\n  a:\n    command: /bin/a\n"))
        for key in ["minfds", "strip_ansi", "stdout_events_enabled", "socket", "port"]
        where fixture.text(".conf").contains("\n\(key)=") {
            let isTold = conversion.findings.contains { $0.message.contains(key) }
            #expect(isTold || conversion.yaml.contains(" \(key == "port" ? "listen" : key): "))
        }
    }

    @Test("are more than 25, a part of them lossy")
    func enough() throws {
        #expect(Fixture.all.count > 25)
        #expect(Fixture.withFacts.count > 20)
        let lossy = try Fixture.all.filter { try $0.convert().isLossy }
        #expect(lossy.count < Fixture.all.count * 2 / 3)
    }
}

extension ProcessConfiguration {
    /// The process as `Tests/ImportTests/record` puts it.
    fileprivate func facts(in configuration: Configuration) -> [String] {
        let group = configuration.groups[name.group]
        var variables = Dictionary(uniqueKeysWithValues: baseEnvironment.map { ($0.key, $0.value) })
        for (name, value) in environment { variables[name] = value }
        let list = variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var facts = [
            "group_priority \(group?.priority ?? 0)",
            "arguments \(arguments.joined(separator: "␟"))",
            "directory \(directory ?? "-")",
            "priority \(priority)",
            "autostart \(policy.autostart)",
            "autorestart \(policy.restart.rawValue)",
            "startsecs \(policy.startSeconds.components.seconds)",
            "startretries \(policy.startRetries.map(String.init) ?? "forever")",
            "exitcodes \(policy.exitCodes.sorted().map(String.init).joined(separator: ","))",
            "stopsignal \(policy.stopSignal.rawValue)",
            "stopwaitsecs \(policy.stopWait?.components.seconds ?? -1)",
            "stopasgroup \(policy.stopAsGroup)",
            "killasgroup \(policy.killAsGroup)",
            "umask \(umask.map { String($0, radix: 8) } ?? "-")",
            "stdout \(word(stdout.destination, configuration))",
            "environment \(list.joined(separator: "␟"))",
            "stdout_maxbytes \(stdout.maxBytes)",
            "stdout_backups \(stdout.backups)",
            "strip_ansi \(stdout.stripsEscapes)",
            "stdout_capture_maxbytes \(stdout.captureMaxBytes)",
            "stdout_events_enabled \(stdout.hasEvents)",
        ]
        switch stderr {
        case .redirected: facts.append("stderr REDIRECT")
        case .log(let settings):
            facts += [
                "stderr \(word(settings.destination, configuration))",
                "stderr_capture_maxbytes \(settings.captureMaxBytes)",
                "stderr_events_enabled \(settings.hasEvents)",
            ]
        }
        return facts.map { fact in
            "\(name.group):\(name.process) \(fact)".replacing(Fixture.folder, with: "HERE")
        }
    }

    private func word(_ destination: LogDestination, _ configuration: Configuration) -> String {
        switch destination {
        case .file(let path):
            path.hasPrefix(configuration.daemon.childlogdir + "/") ? "AUTO" : path
        case .none: "NONE"
        case .inherit: "INHERIT"
        case .syslog: "SYSLOG"
        }
    }
}
