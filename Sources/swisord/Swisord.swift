// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Configuration
import ControlAPI
private import Glibc
import Platform

/// The command line of the daemon.
@main
struct Swisord: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swisord",
        abstract: "Keeps the programs of a YAML file running.",
        discussion: """
            Without -n it becomes a daemon; the command ends with 0 once the socket answers and \
            autostart has been attempted, else it says why not. Drive it with swisordctl.
            """,
        helpNames: [.customShort("h"), .long]
    )

    @Option(
        name: [.customShort("c"), .customLong("configuration")],
        help: ArgumentHelp("The configuration file.", valueName: "file")
    )
    var file: String?

    @Flag(name: [.customShort("n"), .customLong("nodaemon")], help: "Stay in the foreground.")
    var nodaemon = false

    @Flag(
        name: [.customShort("t"), .customLong("check")],
        help: "Check the configuration and exit: 0 when it is good, 2 with every error."
    )
    var check = false

    @Option(name: [.customShort("l"), .customLong("logfile")], help: "The activity log.")
    var logfile: String?

    @Option(
        name: [.customShort("y"), .customLong("logfile_maxbytes")],
        help: ArgumentHelp("Its size when it is rotated, or 0.", valueName: "size")
    )
    var logfileMaxBytes: FileSize?

    @Option(
        name: [.customShort("z"), .customLong("logfile_backups")],
        help: ArgumentHelp("How many old ones are kept.", valueName: "count")
    )
    var logfileBackups: Count?

    @Flag(name: [.customShort("s"), .customLong("silent")], help: "Do not repeat it with -n.")
    var silent = false

    @Option(
        name: [.customShort("e"), .customLong("loglevel")],
        help: "critical, error, warn, info, debug, trace or blather."
    )
    var loglevel: LogLevel?

    @Option(name: [.customShort("j"), .customLong("pidfile")], help: "Where to write the pid.")
    var pidfile: String?

    @Option(
        name: [.customShort("d"), .customLong("directory")],
        help: "The daemon's directory."
    )
    var directory: String?

    @Option(
        name: [.customShort("u"), .customLong("user")],
        help: ArgumentHelp("The user to run as, from root.", valueName: "user[:group]")
    )
    var user: UserReference?

    @Option(name: [.customShort("m"), .customLong("umask")], help: "The umask, in octal.")
    var umask: Umask?

    @Option(
        name: [.customShort("i"), .customLong("identifier")],
        help: "The name of this instance."
    )
    var identifier: String?

    @Option(
        name: [.customShort("q"), .customLong("childlogdir")],
        help: ArgumentHelp("Where logs called AUTO go.", valueName: "directory")
    )
    var childlogdir: String?

    @Option(
        name: [.customShort("a"), .customLong("minfds")],
        help: ArgumentHelp("How many open files it may have at least.", valueName: "count")
    )
    var minfds: Count?

    @Option(help: ArgumentHelp("How many processes.", valueName: "count"))
    var minprocs: Count?

    @Flag(name: [.customShort("k"), .customLong("nocleanup")], help: .hidden)
    var nocleanup = false

    @Flag(
        name: .customLong("no-guardian"),
        help: "Run as one process; programs run on unseen if it is killed."
    )
    var hasNoGuardian = false

    @Flag(name: [.customShort("v"), .customLong("version")], help: "Show the version.")
    var showsVersion = false

    /// As supervisord, ends with 2 for a command line that cannot be understood.
    ///
    /// The guardian branches off first of all, so that it stays small.
    static func main() {
        if Guardian.isAsked { Glibc.exit(Guardian.run()) }
        // Not Swift's own arguments: those are read from /proc, which may not be there.
        let words = Array(ThisProcess.arguments.dropFirst())
        if GuardianLink.isInherited, let invocation = Invocation(repeated: words) {
            Glibc.exit(invocation.run())
        }
        do {
            var command = try parseAsRoot(words)
            try command.run()
        } catch let code as ExitCode {
            // The package would look for the name of this program in /proc.
            Glibc.exit(code.rawValue)
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            StandardError.write(fullMessage(for: error) + "\n")
            exit(withError: ExitCode(2))
        }
    }

    /// Who has `-t` of supervisord in a start would have an end with 0 and no programs.
    mutating func validate() throws {
        guard check, nodaemon || silent else { return }
        throw ValidationError(
            "-t only checks the file, so -n and -s have no sense beside it; "
                + "what -t is to supervisord is the key 'strip_ansi' here"
        )
    }

    mutating func run() throws {
        if showsVersion { throw CleanExit.message("swisord \(ReleaseVersion.text)") }
        throw ExitCode(invocation.run())
    }

    /// What was asked for, without the wrappers.
    var invocation: Invocation {
        Invocation(
            file: file,
            isCheck: check,
            isGuarded: !hasNoGuardian,
            overrides: DaemonOverrides(
                logfile: logfile,
                logfileMaxBytes: logfileMaxBytes?.bytes,
                logfileBackups: logfileBackups?.number,
                logLevel: loglevel,
                pidfile: pidfile,
                directory: directory,
                user: user,
                umask: umask?.bits,
                identifier: identifier,
                childlogdir: childlogdir,
                minimumFiles: minfds?.number,
                minimumProcesses: minprocs?.number,
                nodaemon: nodaemon,
                silent: silent
            )
        )
    }
}
