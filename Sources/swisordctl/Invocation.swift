// SPDX-License-Identifier: Apache-2.0

import ControlAPI

extension Swisordctl {
    /// Carries the command line out.
    func perform() -> ExitStatus {
        let (words, found) = Words(arguments: words).removing(["--json", "--no-color"])
        let terminal = Terminal.standard(colours: !noColour && !found.contains("--no-color"))
        if version {
            terminal.line(ReleaseVersion.text)
            terminal.flush()
            return .success
        }
        var session = Session(
            connection: SocketSearch(file: configuration, url: serverurl).connection(),
            terminal: terminal,
            json: json || found.contains("--json")
        )
        session.following = .here(prepare: Following.endWithCtrlC)
        let typed = PlainLines(descriptor: 0)
        session.input = { typed.next() }
        session.run(words)
        guard interactive || words.isEmpty else { return session.exitStatus }
        Shell.run(&session, greeting: words.isEmpty)
        return .success
    }
}
