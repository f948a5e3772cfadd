// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

@Suite("A daemon that cannot be reached")
struct ConnectionFailureTests {
    private func run(
        _ line: String,
        _ failure: ConnectionFailure,
        file: String = "s.yaml"
    ) -> Transcript {
        Transcript(
            line,
            on: ScriptedDaemon([.failure(failure)], streamFailure: failure, configuration: file)
        )
    }

    static let verbs = [
        "start a", "stop a", "restart a", "signal HUP a", "pid", "pid a", "tail a", "maintail",
        "clear a", "reread", "update", "update a", "avail", "reload", "version",
    ]

    @Test("is told with supervisorctl's line and exit status", arguments: verbs)
    func refusal(line: String) {
        let refused = run(line, .refused)
        #expect(refused.output == "unix:///run/s.sock refused connection\n")
        #expect(refused.status == 4)
        let missing = run(line, .noSuchFile)
        #expect(missing.output == "unix:///run/s.sock no such file\n")
        #expect(missing.status == 7)
    }

    @Test(
        "makes status exit with 4, whatever the reason",
        arguments: [ConnectionFailure.refused, .noSuchFile, .permissionDenied, .other("x")]
    )
    func status(failure: ConnectionFailure) {
        #expect(run("status", failure).status == 4)
    }

    @Test("may be what shutdown wanted, but is told")
    func shutdown() {
        let refused = run("shutdown", .refused)
        #expect(
            refused.output == "ERROR: unix:///run/s.sock refused connection (already shut down?)\n"
        )
        #expect(refused.status == 1)
        let missing = run("shutdown", .noSuchFile)
        #expect(missing.output == "ERROR: unix:///run/s.sock no such file (already shut down?)\n")
        #expect(missing.status == 1)
    }

    @Test("comes with what to do on standard error")
    func advice() {
        #expect(run("pid", .refused).errors.contains("'swisord -c s.yaml'"))
        #expect(run("pid", .noSuchFile).errors.contains("'swisord -c s.yaml'"))
        #expect(run("pid", .noSuchFile).errors.contains("-s unix:///PATH"))
        // As it can be pasted into a shell.
        let odd = run("pid", .refused, file: #"/my runs/$x "1".yaml"#).errors
        #expect(odd.contains(#"'swisord -c "/my runs/\$x \"1\".yaml"'"#))
        let denied = run("pid", .permissionDenied)
        #expect(denied.output == "error: unix:///run/s.sock: permission denied\n")
        #expect(denied.errors.contains("only root, the user that swisord runs as"))
        #expect(denied.status == 1)
        let silent = run("pid", .silent)
        #expect(silent.output == "unix:///run/s.sock does not answer\n")
        #expect(silent.errors.contains("activity log"))
        #expect(silent.status == 4)
        let unknown = run("pid", .noSocketKnown("no file"))
        #expect(unknown.output == "error: no file\n")
        #expect(unknown.status == 2)
    }
}
