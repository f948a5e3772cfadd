// SPDX-License-Identifier: Apache-2.0

extension Swisordctl {
    /// Carries the command line out.
    func perform() -> ExitStatus {
        let (words, found) = Words(arguments: words).removing(["--json", "--no-color"])
        let terminal = Terminal.standard(colours: !noColour && !found.contains("--no-color"))
        if version {
            terminal.line(swisordctlVersion)
            terminal.flush()
            return .success
        }
        let connection: any DaemonConnection
        switch SocketSearch(file: configuration, url: serverurl).connection() {
        case .success(let found): connection = found
        case .failure(let problem):
            // `help` needs no daemon.
            guard words.first == "help" else {
                terminal.complain("swisordctl: \(problem.text)")
                return problem.status
            }
            connection = NoConnection()
        }
        var session = Session(
            connection: connection,
            terminal: terminal,
            json: json || found.contains("--json")
        )
        session.run(words)
        guard interactive || words.isEmpty else { return session.exitStatus }
        Shell.run(&session, greeting: words.isEmpty)
        return .success
    }
}
