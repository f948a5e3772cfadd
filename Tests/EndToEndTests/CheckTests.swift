// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@Suite("swisord --check", .scenarios, .timeLimit(.minutes(10)))
struct CheckTests {
    @Test(
        "says nothing of a good file, touches nothing, and ends with 0",
        arguments: ["--check", "-t"]
    )
    func silent(option: String) throws {
        try Daemon.prepared("programs: {idle: {command: sleep 1000}}") { daemon in
            let check = try daemon.run(Daemon.swisord, [option, "-c", daemon.file])
            #expect(check == Finished(ending: .exit(0), output: "", errors: ""))
            #expect(!names(in: daemon.home).contains("run"))
        }
    }

    @Test("tells every error at once, each with its place, and ends with 2")
    func everyError() throws {
        try Daemon.prepared("") { daemon in
            daemon.scratch.write(
                "s.yaml",
                """
                programs:
                  one:
                    command: sleep 1
                    autorestrat: true
                  two:
                    command: sleep 2
                    user: no-such-user-here
                    startsecs: soon
                groups:
                  pair: {programs: [three]}

                """
            )
            let check = try daemon.run(Daemon.swisord, ["--check", "-c", daemon.file])
            #expect(check.status == 2)
            #expect(check.output == "")
            let file = daemon.file
            #expect(
                check.errors.hasPrefix(
                    """
                    \(file):4:5: error: unknown key 'autorestrat' in program 'one'; \
                    did you mean 'autorestart'?
                        autorestrat: true
                        ^~~~~~~~~~~

                    """
                )
            )
            #expect(check.errors.contains("\(file):7:11: error: "))
            #expect(check.errors.contains("no-such-user-here"))
            #expect(check.errors.contains("\(file):8:16: error: "))
            #expect(check.errors.contains("\(file):10:21: error: "))
        }
    }

    @Test("tells its version and its options, all of which have a short form")
    func options() throws {
        try Daemon.prepared("") { daemon in
            for option in ["-v", "--version"] {
                let version = try daemon.run(Daemon.swisord, [option])
                #expect(version.status == 0)
                #expect(version.output.hasPrefix("swisord "))
            }
            let help = try daemon.run(Daemon.swisord, ["-h"])
            for letter in "cntlejdumivh" { #expect(help.output.contains("\n  -\(letter), --")) }
        }
    }
}
