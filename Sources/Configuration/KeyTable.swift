// SPDX-License-Identifier: Apache-2.0

/// One key of the configuration file.
package struct KeyDefinition: Hashable, Sendable {
    package let name: String
    package let kind: ValueKind
    /// The default as one would write it in the file, or in parentheses a description of it.
    package let defaultText: String
    /// What the key is for, in one line.
    package let summary: String

    init(_ name: String, _ kind: ValueKind, default defaultText: String, _ summary: String) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.summary = summary
    }
}

/// The keys that one map of the file may have.
///
/// The tables drive reading: a key that is not here cannot be read, and tests hold the manual page
/// and the example file against them.
package struct KeyTable: Hashable, Sendable {
    package let keys: [KeyDefinition]
    /// Keys of supervisord that this version knows but cannot do, each with what to do instead.
    package let unsupported: [String: String]

    init(_ keys: [KeyDefinition], unsupported: [String: String] = [:]) {
        self.keys = keys
        self.unsupported = unsupported
    }

    /// The definition of the key called `name`.
    package subscript(name: String) -> KeyDefinition? {
        keys.first { $0.name == name }
    }
}

extension KeyTable {
    /// The sections of the file, each with what it is for.
    package static let sections: [(name: String, summary: String)] = [
        ("swisord", "the daemon itself"),
        ("include", "further files to read"),
        ("defaults", "keys for every program of the file"),
        ("programs", "what to run"),
        ("event_listeners", "programs that are told what happens"),
        ("groups", "programs that are started and stopped together"),
        ("http", "the control channel by TCP"),
    ]

    /// The keys of one group.
    package static let group = KeyTable([
        KeyDefinition("programs", .names, default: "(required)", "the programs of the group"),
        KeyDefinition(
            "priority",
            .anyInteger,
            default: "999",
            "low numbers start first, stop last"
        ),
    ])

    /// The keys of the section `http`.
    package static let http = KeyTable([
        KeyDefinition("listen", .text, default: "(required)", "the address and port to listen on"),
        KeyDefinition("username", .text, default: "(none)", "the user who is let in"),
        KeyDefinition("password_file", .path, default: "(none)", "the file with the password"),
        KeyDefinition("hosts", .names, default: "[]", "names by which this machine may be asked"),
        KeyDefinition(
            "insecure",
            .boolean,
            default: "false",
            "permits what others on the machine or the network could abuse"
        ),
    ])

    /// The keys of `backoff`.
    package static let backoff = KeyTable([
        KeyDefinition("initial", .duration, default: "1s", "the wait after the first failure"),
        KeyDefinition("factor", .number(1...1000), default: "2", "how much longer each wait is"),
        KeyDefinition("max", .duration, default: "60s", "the longest wait"),
        KeyDefinition("jitter", .number(0...1), default: "0.1", "the share by which a wait varies"),
    ])
}

extension ValueKind {
    static let anyInteger = integer(Int(Int32.min)...Int(Int32.max))
    static let count = integer(0...9999)
}
