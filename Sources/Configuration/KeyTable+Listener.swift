// SPDX-License-Identifier: Apache-2.0

extension KeyTable {
    /// What an event listener has beyond the keys of a program.
    package static let listening = KeyTable([
        KeyDefinition("events", .names, default: "(required)", "the types of events it is told"),
        KeyDefinition(
            "buffer_size",
            .integer(1...10_000),
            default: "10",
            "how many events wait; then the oldest is dropped"
        ),
    ])

    /// The keys of one event listener.
    ///
    /// Its standard input and output carry the protocol: what has to do with them is left out.
    package static let listener = KeyTable(
        program.keys.filter { withoutUse[$0.name] == nil }.map(asListener) + listening.keys,
        unsupported: program.unsupported.filter { listening[$0.key] == nil }
            .merging(withoutUse) { $1 }
    )

    private static let withoutUse = [
        "redirect_stderr": "its standard output carries the protocol",
        "result_handler": "swisord loads no code; a result of OK takes an event, any other refuses",
        "socket": "events come in by its standard input",
        "socket_backlog": "it has no socket",
        "socket_mode": "it has no socket",
        "socket_owner": "it has no socket",
        "stdin": "events come in by its standard input",
        "stdout_capture_maxbytes": "its standard output carries the protocol",
        "stderr_capture_maxbytes": "a listener that makes events could be told of them for ever",
        "stdout_events_enabled": "its standard output carries the protocol",
        "stderr_events_enabled": "a listener that makes events could be told of them for ever",
        "strip_ansi": "its standard output carries the protocol",
    ]

    /// The key with the default that it has for a listener.
    private static func asListener(_ key: KeyDefinition) -> KeyDefinition {
        let defaults = ["priority": "-1", "stdout_logfile": "NONE"]
        guard let text = defaults[key.name] else { return key }
        return KeyDefinition(key.name, key.kind, default: text, key.summary)
    }
}
