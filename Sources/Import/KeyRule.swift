// SPDX-License-Identifier: Apache-2.0

import Configuration
import Supervision

/// What becomes of one key of supervisord.
struct KeyRule: Sendable {
    /// How the text after the key is read there and written here.
    enum Kind: Hashable, Sendable {
        case boolean
        case integer
        /// A number that counts as the least one where it is smaller.
        case number(least: Int)
        case size
        case octal
        case signal
        case exitCodes
        /// true, false or unexpected.
        case restart
        /// How much the activity log says.
        case level
        case text
        case path
        case command
        case environment(isExpandedTwice: Bool)
        /// Names with commas between them.
        case names
        /// Needs the other keys of its section and is read by code of its own.
        case special
        /// Has no effect here that could be missed.
        case dropped
        /// Has no counterpart; the text says why, or what to do.
        case missing(String)
    }

    let name: String
    let kind: Kind
    /// Values that ask for what happens anyway: nothing is lost with them.
    let harmless: Set<String>

    init(_ name: String, _ kind: Kind, harmless: Set<String> = []) {
        self.name = name
        self.kind = kind
        self.harmless = harmless
    }
}

extension KeyRule {
    /// `[supervisord]`.
    static let daemon = [
        KeyRule("logfile", .special),
        KeyRule("logfile_maxbytes", .size),
        KeyRule("logfile_backups", .number(least: 0)),
        KeyRule("loglevel", .level),
        KeyRule("pidfile", .path),
        KeyRule("umask", .octal),
        KeyRule("directory", .path),
        KeyRule("nodaemon", .boolean),
        KeyRule("silent", .boolean),
        KeyRule("minfds", .number(least: 1), harmless: ["1024"]),
        KeyRule("minprocs", .number(least: 1), harmless: ["200"]),
        KeyRule("nocleanup", .dropped),
        KeyRule("childlogdir", .path),
        KeyRule("user", .text),
        KeyRule("environment", .environment(isExpandedTwice: true)),
        KeyRule("identifier", .text),
        KeyRule("strip_ansi", .boolean, harmless: no),
        KeyRule("profile_options", .missing("it profiles the Python of supervisord")),
    ]

    /// `[program:x]`, and with `socket` a `[fcgi-program:x]`.
    static let program =
        [
            KeyRule("command", .command),
            KeyRule("process_name", .special),
            KeyRule("numprocs", .special),
            KeyRule("numprocs_start", .number(least: 0)),
            KeyRule("priority", .integer),
            KeyRule("autostart", .boolean),
            KeyRule("autorestart", .restart),
            KeyRule("startsecs", .number(least: 0)),
            KeyRule("startretries", .number(least: 0)),
            KeyRule("exitcodes", .exitCodes),
            KeyRule("stopsignal", .signal),
            KeyRule("stopwaitsecs", .number(least: 0)),
            KeyRule("stopasgroup", .boolean),
            KeyRule("killasgroup", .boolean),
            KeyRule("user", .text),
            KeyRule("umask", .octal),
            KeyRule("directory", .path),
            KeyRule("environment", .environment(isExpandedTwice: false)),
            KeyRule("redirect_stderr", .boolean),
            KeyRule("serverurl", .text),
        ] + output("stdout") + output("stderr")

    private static func output(_ channel: String) -> [KeyRule] {
        [
            KeyRule("\(channel)_logfile", .special),
            KeyRule("\(channel)_logfile_maxbytes", .size),
            KeyRule("\(channel)_logfile_backups", .number(least: 0)),
            KeyRule("\(channel)_capture_maxbytes", .size, harmless: ["0"]),
            KeyRule("\(channel)_events_enabled", .boolean, harmless: no),
            KeyRule("\(channel)_syslog", .special),
        ]
    }

    static let socket =
        program + [
            KeyRule("socket", .text),
            KeyRule("socket_backlog", .number(least: 1)),
            KeyRule("socket_owner", .text),
            KeyRule("socket_mode", .octal),
        ]

    /// `[eventlistener:x]`, whose standard output is the protocol and nothing else there as well.
    static let listener =
        program.filter { !withoutUse.contains($0.name) } + withoutUse.map { KeyRule($0, .dropped) }
        + [
            KeyRule("events", .names),
            KeyRule("buffer_size", .number(least: 1)),
            KeyRule(
                "result_handler",
                .missing("it loads Python; a result of OK takes an event, any other refuses it")
            ),
        ]

    private static let withoutUse = [
        "redirect_stderr", "stdout_capture_maxbytes", "stdout_events_enabled",
    ]

    static let group = [
        KeyRule("programs", .names),
        KeyRule("priority", .integer),
    ]

    private static let no: Set<String> = ["no", "false", "off", "0"]
}

extension Converter {
    /// Converts the keys of a section by `rules`, those that are special left out, as far as
    /// `table` has them.
    mutating func convert(
        _ section: INISection,
        by rules: [KeyRule],
        into table: KeyTable
    ) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        for key in section.keys {
            guard let rule = rules.first(where: { $0.name == key.name }) else {
                noteUnknown(key, in: section, rules)
                continue
            }
            guard let value = convert(key.value, by: rule, into: table) else { continue }
            entries.append(
                YAMLEntry(
                    key.name,
                    value,
                    comments: key.value.comments,
                    remark: key.value.remark
                )
            )
        }
        return entries
    }

    private mutating func noteUnknown(_ key: INIKey, in section: INISection, _ rules: [KeyRule]) {
        note(
            "supervisord has no key '\(key.name)' in [\(section.name)] and ignores it; "
                + "it is left out",
            at: key.value.place
        )
    }

    private mutating func convert(
        _ value: INIValue,
        by rule: KeyRule,
        into table: KeyTable
    ) -> YAMLValue? {
        if case .missing(let reason) = rule.kind {
            lose("'\(rule.name)' has no counterpart: \(reason)", at: value.place)
            return nil
        }
        guard rule.kind != .special, rule.kind != .dropped else { return nil }
        guard table[rule.name] != nil else {
            if !rule.harmless.contains(value.text.lowercased()) {
                let reason = table.unsupported[rule.name] ?? "there is none in this version"
                lose("'\(rule.name)' has no counterpart: \(reason)", at: value.place)
            }
            return nil
        }
        return convert(value, rule)
    }

    private mutating func convert(_ value: INIValue, _ rule: KeyRule) -> YAMLValue? {
        switch rule.kind {
        case .text, .path: return text(value, isPath: rule.kind == .path)
        case .command: return command(value)
        case .environment(let twice): return environment(value, isExpandedTwice: twice)
        case .names: return names(value, rule.name)
        case .boolean, .integer, .number, .size, .octal, .signal, .exitCodes, .restart, .level:
            guard let text = settled(value, rule.name) else { return nil }
            guard let result = scalar(String(text.trimmed), rule, value) else {
                lose("supervisord refuses '\(text)' for '\(rule.name)'", at: value.place)
                return nil
            }
            return result
        case .special, .dropped, .missing: return nil
        }
    }

    private mutating func scalar(
        _ text: String,
        _ rule: KeyRule,
        _ value: INIValue
    ) -> YAMLValue? {
        switch rule.kind {
        case .boolean: return boolean(text).map { .plain($0 ? "true" : "false") }
        case .integer: return integer(text).map { .plain(String($0)) }
        case .number(let least):
            guard let number = integer(text) else { return nil }
            if number < least {
                note("'\(rule.name)' below \(least) counts as \(least)", at: value.place)
            }
            return .plain(String(max(number, least)))
        case .size:
            guard SizeText.parse(text) != nil, !text.lowercased().hasSuffix("ib") else {
                return integer(text).map { .plain(String(max($0, 0))) }
            }
            return .plain(text)
        case .octal:
            let digits = text.hasPrefix("0o") ? text.dropFirst(2) : text[...]
            guard let mode = UInt32(digits, radix: 8), mode <= 0o777 else { return nil }
            let shown = String(mode, radix: 8)
            return .plain(String(repeating: "0", count: max(0, 4 - shown.count)) + shown)
        case .signal:
            guard let signal = Signal(text) else { return nil }
            return .plain(String(signal.name.dropFirst(3)))
        case .exitCodes:
            guard !text.isEmpty else { return .list([]) }
            let codes = text.split(separator: ",", omittingEmptySubsequences: false)
                .map { integer(String($0.trimmed)) }
            guard codes.allSatisfy({ $0.map { (0...255).contains($0) } ?? false }) else {
                return nil
            }
            return .plain(
                "[" + codes.compactMap { $0.map(String.init) }.joined(separator: ", ") + "]"
            )
        case .restart:
            if text.lowercased() == "unexpected" { return .plain("unexpected") }
            return boolean(text).map { .plain($0 ? "true" : "false") }
        case .level: return LogLevel(rawValue: text.lowercased()).map { .plain($0.rawValue) }
        case .text, .path, .command, .environment, .names, .special, .dropped, .missing: return nil
        }
    }

    func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "true", "on", "1": true
        case "no", "false", "off", "0": false
        default: nil
        }
    }

    func integer(_ text: String) -> Int? {
        Int(text.replacing("_", with: ""))
    }
}
