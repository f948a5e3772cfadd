// SPDX-License-Identifier: Apache-2.0

import Supervision

extension KeyTable {
    /// The keys of one program, and of `defaults`.
    package static let program = KeyTable(
        running + restarting + stopping + copies + input + output,
        unsupported: [
            "events": "it belongs in an event listener",
            "buffer_size": "it belongs in an event listener",
            "result_handler": "swisord loads no code",
        ]
    )

    private static let running = [
        KeyDefinition("command", .command, default: "(required)", "what to run; no shell is used"),
        KeyDefinition("directory", .path, default: "(that of the daemon)", "where to run it"),
        KeyDefinition("environment", .environment, default: "{}", "variables for the program"),
        KeyDefinition(
            "env_file",
            .environmentFiles,
            default: "[]",
            "files of variables, read at each start"
        ),
        KeyDefinition("user", .user, default: "(that of the daemon)", "whom to run it as"),
        KeyDefinition("umask", .octal, default: "(that of the daemon)", "the program's umask"),
        KeyDefinition(
            "serverurl",
            .text,
            default: "AUTO",
            "what SUPERVISOR_SERVER_URL says to the program"
        ),
    ]

    private static let input = [
        KeyDefinition(
            "stdin",
            .choice(InputSource.allCases.map(\.rawValue)),
            default: "NONE",
            "what the program reads from; PIPE for what clients send"
        ),
        KeyDefinition(
            "socket",
            .text,
            default: "(none)",
            "a socket that listens before the start; the program's 0 and 3"
        ),
        KeyDefinition(
            "socket_backlog",
            .integer(1...65_535),
            default: "(4096)",
            "how many connections may wait"
        ),
        KeyDefinition(
            "socket_owner",
            .user,
            default: "(that of the program)",
            "whose the file of the socket is"
        ),
        KeyDefinition("socket_mode", .octal, default: "(0700)", "the mode of that file"),
    ]

    private static let restarting = [
        KeyDefinition("autostart", .boolean, default: "true", "start it with the daemon"),
        KeyDefinition(
            "autorestart",
            .choice(["true", "false", "unexpected"]),
            default: "unexpected",
            "start it again after an exit from RUNNING"
        ),
        KeyDefinition("exitcodes", .exitCodes, default: "[0]", "the exits that are expected"),
        KeyDefinition("startsecs", .duration, default: "1s", "how long until it counts as RUNNING"),
        KeyDefinition(
            "startretries",
            .integerOr(0...Int(Int32.max), word: "forever"),
            default: "3",
            "failures in a row that are forgiven before FATAL"
        ),
        KeyDefinition(
            "backoff",
            .map(.backoff),
            default: "{initial: 1s, factor: 2, max: 60s, jitter: 0.1}",
            "how long to wait before the next attempt"
        ),
    ]

    private static let stopping = [
        KeyDefinition("stopsignal", .signal, default: "TERM", "the signal that asks it to stop"),
        KeyDefinition(
            "stopwaitsecs",
            .durationOr(word: "never"),
            default: "10s",
            "when KILL follows it"
        ),
        KeyDefinition(
            "stopasgroup",
            .boolean,
            default: "true",
            "send it to the whole process group"
        ),
        KeyDefinition(
            "killasgroup",
            .boolean,
            default: "true",
            "kill the whole process group, and wait until it is empty"
        ),
        KeyDefinition(
            "leftovers",
            .choice(["keep", "stop"]),
            default: "keep",
            "what becomes of processes that outlive the program after an exit"
        ),
        KeyDefinition(
            "priority",
            .anyInteger,
            default: "999",
            "low numbers start first, stop last"
        ),
    ]

    private static let copies = [
        KeyDefinition("numprocs", .integer(1...10_000), default: "1", "how many processes to run"),
        KeyDefinition(
            "numprocs_start",
            .integer(0...1_000_000),
            default: "0",
            "the first process_num"
        ),
        KeyDefinition(
            "process_name",
            .text,
            default: "%(program_name)s",
            "the name of each process"
        ),
    ]

    private static let output = [
        KeyDefinition(
            "redirect_stderr",
            .boolean,
            default: "false",
            "send stderr where stdout goes"
        ),
        KeyDefinition("stdout_logfile", .logDestination, default: "AUTO", "where stdout goes"),
        KeyDefinition(
            "stdout_logfile_maxbytes",
            .size,
            default: "50MB",
            "when it is rotated; 0 means never"
        ),
        KeyDefinition(
            "stdout_logfile_backups",
            .count,
            default: "10",
            "how many old ones are kept"
        ),
        KeyDefinition(
            "stdout_syslog",
            .boolean,
            default: "false",
            "send each line to syslog as well"
        ),
        KeyDefinition("stderr_logfile", .logDestination, default: "AUTO", "where stderr goes"),
        KeyDefinition(
            "stderr_logfile_maxbytes",
            .size,
            default: "50MB",
            "when it is rotated; 0 means never"
        ),
        KeyDefinition(
            "stderr_logfile_backups",
            .count,
            default: "10",
            "how many old ones are kept"
        ),
        KeyDefinition(
            "stderr_syslog",
            .boolean,
            default: "false",
            "send each line to syslog as well"
        ),
        KeyDefinition(
            "inherit_prefix",
            .boolean,
            default: "true",
            "begin lines that INHERIT shows with the name of the process"
        ),
        KeyDefinition(
            "on_full",
            .choice(FullLogPolicy.allCases.map(\.rawValue)),
            default: "drop_new",
            "what gives way when a log cannot be written"
        ),
        KeyDefinition(
            "strip_ansi",
            .boolean,
            default: "(that of the section swisord)",
            "keep colours and other escape sequences out of its logs"
        ),
        KeyDefinition(
            "stdout_capture_maxbytes",
            .size,
            default: "0",
            "how much of a message between tags is told as an event; 0 for none"
        ),
        KeyDefinition(
            "stdout_events_enabled",
            .boolean,
            default: "false",
            "tell all that it writes as events"
        ),
        KeyDefinition(
            "stderr_capture_maxbytes",
            .size,
            default: "0",
            "the same for stderr"
        ),
        KeyDefinition("stderr_events_enabled", .boolean, default: "false", "the same for stderr"),
    ]
}
