// SPDX-License-Identifier: Apache-2.0

import ControlAPI
private import Glibc

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
        let login = login
        // For the one that follows a log beside the shell, in no list of processes.
        if let login {
            setenv("SWISORD_USER", login.user, 1)
            setenv("SWISORD_PASSWORD", login.password, 1)
        }
        var session = Session(
            connection: SocketSearch(file: configuration, url: serverurl, login: login)
                .connection(),
            terminal: terminal,
            json: json || found.contains("--json")
        )
        session.following = .here(prepare: Following.endWithCtrlC)
        session.connect = { SocketSearch(file: nil, url: $0, login: login).connection() }
        let typed = PlainLines(descriptor: 0)
        session.input = { typed.next() }
        session.run(words)
        guard interactive || words.isEmpty else { return session.exitStatus }
        Shell.run(&session, greeting: words.isEmpty, history: historyFile)
        return .success
    }

    /// Who asks, as options and environment tell; nil when nobody says.
    private var login: Login? {
        let password = password ?? variable("SWISORD_PASSWORD")
        guard let user = username ?? variable("SWISORD_USER") else { return nil }
        return Login(user: user, password: password ?? "")
    }
}
