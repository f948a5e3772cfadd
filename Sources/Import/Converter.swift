// SPDX-License-Identifier: Apache-2.0

import Configuration

/// One run of a conversion: what it is to become, and what there is to say about it.
struct Converter {
    let output: OutputPlace
    let surroundings: Surroundings
    var findings: [Finding] = []
    var secrets: [Conversion.Secret] = []
    /// The top of the result.
    var heading: [String] = []
    var daemon: [YAMLEntry] = []
    var http: [YAMLEntry] = []
    var programs: [YAMLEntry] = []
    var listeners: [YAMLEntry] = []
    var groups: [YAMLEntry] = []
    /// Whether an output goes to the daemon's own, where supervisord puts nothing before its lines.
    var hasInheritedOutput = false
    /// Keys that every program would have to repeat.
    var defaults: [YAMLEntry] = []
    /// The group of each program that is in one.
    var membership: [String: String] = [:]
    /// The files that logs go to, and what has each.
    var logs: [String: String] = [:]
    /// What `%(ENV_X)s` stands for in the section at hand, under `X`.
    var variables: [String: String]
    /// What has been said once and need not be said again.
    private var said: Set<String> = []

    init(output: OutputPlace, surroundings: Surroundings) {
        self.output = output
        self.surroundings = surroundings
        variables = surroundings.environment
    }

    mutating func lose(_ message: String, at place: Place) {
        findings.append(Finding(weight: .lost, place: place, message: message))
    }

    mutating func note(_ message: String, at place: Place) {
        findings.append(Finding(weight: .note, place: place, message: message))
    }

    /// Notes something that is true of the whole file at the first place where it matters.
    mutating func noteOnce(_ message: String, at place: Place) {
        if said.insert(message).inserted { note(message, at: place) }
    }

    /// What stands for a folder in the result.
    func here(_ folder: String) -> String {
        if folder == output.folder { return "%(here)s" }
        let base = output.folder == "/" ? "/" : output.folder + "/"
        guard folder.hasPrefix(base) else { return folder.replacing("%(", with: "%%(") }
        return "%(here)s/" + String(folder.dropFirst(base.count)).replacing("%(", with: "%%(")
    }

    /// A text with expansions as swisord writes it; nil, told, when it has no counterpart.
    mutating func written(_ text: PercentText, of value: INIValue) -> String? {
        do throws(PercentText.Unwritable) {
            return try text.written(here: here(value.folder))
        } catch {
            lose(error.reason, at: value.place)
            return nil
        }
    }

    /// The pieces of a value; nil, told, when supervisord itself refuses it.
    mutating func percentText(_ value: INIValue, twice: Bool = false) -> PercentText? {
        do throws(PercentText.Unwritable) {
            return try PercentText(value.text, isExpandedTwice: twice)
        } catch {
            lose(error.reason, at: value.place)
            return nil
        }
    }

    /// A value that is no text here, such as a number: what it is right now.
    mutating func settled(_ value: INIValue, _ key: String) -> String? {
        guard let text = percentText(value) else { return nil }
        if let literal = text.literal { return literal }
        let names = Expansion(
            texts: ["here": value.folder, "host_node_name": surroundings.hostName],
            environment: surroundings.environment
        )
        guard let written = written(text, of: value), let now = try? names.expand(written) else {
            lose(
                "'\(key)' takes no expansion here, and '\(value.text)' has no value now; write one",
                at: value.place
            )
            return nil
        }
        noteOnce("'\(key)' takes no expansion here; '\(value.text)' is \(now) now", at: value.place)
        return now
    }
}

extension Converter {
    /// The result as text.
    func text() -> String {
        var writer = YAMLWriter()
        writer.comment(heading)
        if !daemon.isEmpty {
            writer.emptyLine()
            writer.write([YAMLEntry("swisord", .map(daemon))])
        }
        if !http.isEmpty {
            writer.emptyLine()
            writer.write([YAMLEntry("http", .map(http))])
        }
        if !defaults.isEmpty {
            writer.emptyLine()
            writer.write([YAMLEntry("defaults", .map(defaults))])
        }
        writer.section("programs", programs)
        writer.section("event_listeners", listeners)
        writer.section("groups", groups)
        return writer.text
    }

    func conversion() -> Conversion {
        Conversion(yaml: text(), findings: findings, secrets: secrets)
    }
}
