// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
private import Glibc

/// The command line: options here, the verbs in `VerbTable`.
@main
struct Swisordctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swisordctl",
        abstract: "Drive the programs that swisord keeps running.",
        discussion: """
            Without a verb, or with -i, a shell takes verbs one a line. 'swisordctl help' lists \
            them, 'swisordctl help start' says how one is written.
            """
    )

    @Option(
        name: [.customShort("c"), .long],
        help: "The configuration that names the socket; searched for as swisord does.",
        completion: .file(extensions: ["yaml", "yml"])
    )
    var configuration: String?

    @Option(
        name: [.customShort("s"), .long],
        help: ArgumentHelp("The socket itself.", valueName: "unix:///PATH|http://HOST:PORT")
    )
    var serverurl: String?

    @Option(
        name: [.customShort("u"), .long],
        help: ArgumentHelp("Who asks, where the daemon is reached by TCP.", valueName: "user")
    )
    var username: String?

    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp(
            "His password, which others can see in ps; SWISORD_PASSWORD holds it unseen.",
            valueName: "password"
        )
    )
    var password: String?

    @Option(
        name: [.customShort("r"), .customLong("history-file")],
        help: ArgumentHelp("Where the shell keeps what was typed.", valueName: "file"),
        completion: .file()
    )
    var historyFile: String?

    @Flag(name: .shortAndLong, help: "Go on with the shell after the verb.")
    var interactive = false

    @Flag(help: "Answer with JSON, one document a line.")
    var json = false

    @Flag(name: .customLong("no-color"), help: "No colours, even on a terminal.")
    var noColour = false

    @Flag(name: .shortAndLong, help: "Show the version of swisordctl.")
    var version = false

    // Everything from the verb on belongs to the verb, dashes too, so help is a flag of our own.
    @Flag(name: [.customShort("h"), .long], help: .hidden)
    var help = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("What to do.", valueName: "verb"),
        completion: .custom(Completion.candidates)
    )
    var words: [String] = []

    static func main() {
        StandardStreams.fillGaps()
        let command: Swisordctl
        do {
            command = try read(CommandArguments.all)
            if command.help { throw CleanExit.helpRequest(command) }
        } catch {
            end(with: error)
        }
        Glibc.exit(command.perform().rawValue)
    }

    /// The command line in `arguments`.
    static func read(_ arguments: [String]) throws -> Swisordctl {
        let command = try parse(arguments)
        if let word = command.words.first, word.hasPrefix("-") {
            throw ValidationError("Unknown option '\(word)'")
        }
        return command
    }

    /// Exit status 2 for wrong usage, as supervisorctl has it; 0 for help and completion.
    private static func end(with error: any Error) -> Never {
        let isWanted = exitCode(for: error).isSuccess
        let text = fullMessage(for: error) + "\n"
        DescriptorSink(descriptor: isWanted ? 1 : 2).write(Array(text.utf8))
        Glibc.exit(isWanted ? 0 : ExitStatus.invalidArguments.rawValue)
    }
}
