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
        help: ArgumentHelp("The socket itself.", valueName: "unix:///PATH")
    )
    var serverurl: String?

    @Flag(name: .shortAndLong, help: "Go on with the shell after the verb.")
    var interactive = false

    @Flag(help: "Answer with JSON, one document a line.")
    var json = false

    @Flag(name: .customLong("no-color"), help: "No colours, even on a terminal.")
    var noColour = false

    @Flag(name: .shortAndLong, help: "Show the version of swisordctl.")
    var version = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("What to do.", valueName: "verb"),
        completion: .custom(Completion.candidates)
    )
    var words: [String] = []

    static func main() {
        let command: Swisordctl
        do {
            command = try parse()
        } catch {
            // Exit status 2 for usage, as supervisorctl has it; 0 for --help and completion.
            let text = fullMessage(for: error)
            guard exitCode(for: error).isSuccess else {
                DescriptorSink(descriptor: 2).write(Array((text + "\n").utf8))
                Glibc.exit(2)
            }
            DescriptorSink(descriptor: 1).write(Array((text + "\n").utf8))
            Glibc.exit(0)
        }
        Glibc.exit(command.perform().rawValue)
    }
}
