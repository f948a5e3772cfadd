// SPDX-License-Identifier: Apache-2.0

extension KeyTable {
    /// The keys of the section `swisord`.
    package static let daemon = KeyTable(
        [
            KeyDefinition(
                "logfile",
                .path,
                default: "(swisord.log in the log directory)",
                "the activity log, or SYSLOG"
            ),
            KeyDefinition(
                "logfile_maxbytes",
                .size,
                default: "50MB",
                "when it is rotated; 0 means never"
            ),
            KeyDefinition("logfile_backups", .count, default: "10", "how many old ones are kept"),
            KeyDefinition(
                "loglevel",
                .choice(LogLevel.allCases.map(\.rawValue)),
                default: "info",
                "how much it says"
            ),
            KeyDefinition("pidfile", .path, default: "(none)", "where to write the daemon's pid"),
            KeyDefinition("umask", .octal, default: "022", "the daemon's umask"),
            KeyDefinition("directory", .path, default: "(none)", "where the daemon changes to"),
            KeyDefinition("nodaemon", .boolean, default: "false", "stay in the foreground"),
            KeyDefinition(
                "silent",
                .boolean,
                default: "false",
                "in the foreground, do not repeat the log"
            ),
            KeyDefinition(
                "childlogdir",
                .path,
                default: "(the log directory)",
                "where AUTO logs are kept"
            ),
            KeyDefinition(
                "user",
                .user,
                default: "(none)",
                "the user to become when started by root"
            ),
            KeyDefinition(
                "environment",
                .environment,
                default: "{}",
                "variables for every program"
            ),
            KeyDefinition(
                "identifier",
                .text,
                default: "supervisor",
                "the name it gives to clients"
            ),
            KeyDefinition(
                "strip_ansi",
                .boolean,
                default: "false",
                "keep colours and other escape sequences out of all logs of programs"
            ),
            KeyDefinition(
                "socket",
                .path,
                default: "(swisord.sock in runtime_dir)",
                "the control socket"
            ),
            KeyDefinition("socket_mode", .octal, default: "0600", "who may use it"),
            KeyDefinition(
                "socket_owner",
                .user,
                default: "(the daemon's user)",
                "the user or user:group that it is given to"
            ),
            KeyDefinition(
                "runtime_dir",
                .path,
                default: "(see Directories)",
                "socket, lock, FIFOs, records"
            ),
            KeyDefinition(
                "orphans",
                .choice(OrphanPolicy.allCases.map(\.rawValue)),
                default: "adopt",
                "what becomes of programs that outlived a daemon"
            ),
            KeyDefinition(
                "process_trees",
                .choice(ProcessTrees.allCases.map(\.rawValue)),
                default: "auto",
                "how the processes are known that programs have made"
            ),
            KeyDefinition(
                "minfds",
                .integer(1...Int(Int32.max)),
                default: "(unchanged)",
                "how many open files it and each program may have at least"
            ),
            KeyDefinition(
                "minprocs",
                .integer(1...Int(Int32.max)),
                default: "(unchanged)",
                "how many processes its user may have at least"
            ),
            KeyDefinition(
                "state_dir",
                .path,
                default: "(see Directories)",
                "what must outlive a reboot"
            ),
        ],
        unsupported: [
            "nocleanup": "AUTO logs are always kept",
            "profile_options": "",
            "logfile_syslog": "write logfile: SYSLOG",
        ]
    )
}
