// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// What a verb works with: the daemon, the terminal, and the exit status so far.
///
/// As in supervisorctl, the last trouble decides the exit status, and success never resets it.
struct Session {
    var connection: any DaemonConnection
    /// Makes the connection to another daemon, by its address.
    var connect: (String) -> any DaemonConnection = {
        SocketSearch(file: nil, url: $0).connection()
    }
    /// The next line of what is typed; nil at its end.
    var input: () -> [UInt8]? = { nil }
    let terminal: Terminal
    /// Answers are the API's JSON instead of lines.
    var json = false
    /// Asks the person at the shell a question; nil where nobody is there to ask.
    var confirm: ((String) -> Bool)?
    var following = Following.here(prepare: { _ in })
    var exitStatus = ExitStatus.success
    /// The shell is to end.
    var isOver = false

    init(connection: any DaemonConnection, terminal: Terminal, json: Bool = false) {
        self.connection = connection
        self.terminal = terminal
        self.json = json
    }
}

extension Session {
    /// Asks the daemon and waits; a refusal of the whole request is thrown.
    func send(_ request: Request) throws(Interruption) -> Response {
        let response: Response
        do throws(ConnectionFailure) {
            response = try connection.send(request)
        } catch {
            throw .unreachable(error)
        }
        if case .failure(let error) = response { throw .refused(error) }
        return response
    }

    func daemon() throws(Interruption) -> DaemonInfo {
        let response = try send(.daemon)
        guard case .daemon(let info) = response else { throw .unexpected }
        return info
    }

    /// The programs that the patterns name, with what lives under them if that is wanted.
    func programs(
        _ patterns: [String],
        withTrees: Bool = false
    ) throws(Interruption) -> ProgramList {
        let selection = Selection.naming(patterns)
        let response = try send(withTrees ? .trees(selection) : .programs(selection))
        guard case .programs(var list) = response else { throw .unexpected }
        list.programs = Pattern.sort(list.programs, by: patterns) { ($0.group, $0.name) }
        list.missing = Pattern.sort(list.missing, by: patterns) { ($0.group, $0.name) }
        return list
    }
}

extension Session {
    /// A line of the answer for people.
    func say(_ spans: Span...) {
        if !json { terminal.line(spans) }
    }

    func say(_ text: String) {
        say(Span(text))
    }

    /// The answer for programs.
    func show(_ response: Response) {
        if json { terminal.document(JSONText.encode(response)) }
    }

    func show(_ value: some Encodable) {
        if json { terminal.document(JSONText.encode(value)) }
    }

    /// What else a person should know, away from the answer that scripts read.
    func advise(_ text: String) {
        if !json { terminal.complain(text) }
    }

    /// The whole command came to nothing: `line` for people, `error` for programs.
    mutating func fail(_ line: String, _ error: APIError, _ status: ExitStatus = .failure) {
        exitStatus = status
        say(line)
        if let hint = error.hint { advise(hint) }
        show(ErrorDocument(error))
    }

    /// The command was not understood: what is wrong with it, and how to write it.
    mutating func misused(
        _ verb: any Verb.Type,
        _ complaint: String,
        _ status: ExitStatus = .failure,
        withHelp: Bool = true
    ) {
        fail("Error: \(complaint)", APIError(.badRequest, complaint), status)
        if withHelp, !json { verb.describe(on: terminal) }
    }

    /// Refuses arguments of a verb that takes none; true when there were any.
    mutating func refuses(_ arguments: [String], of verb: any Verb.Type) -> Bool {
        guard !arguments.isEmpty else { return false }
        misused(verb, "\(verb.name) accepts no arguments")
        return true
    }
}

extension Selection {
    /// As in supervisorctl: nothing means everything, and so does `all` among other names.
    static func naming(_ patterns: [String]) -> Selection {
        patterns.isEmpty || patterns.contains("all") ? .all : Selection(patterns)
    }
}
