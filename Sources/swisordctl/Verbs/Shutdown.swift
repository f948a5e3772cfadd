// SPDX-License-Identifier: Apache-2.0

import ControlAPI

enum Shutdown: Verb {
    static let name = "shutdown"
    static let subject = Subject.nothing
    static let forms = [HelpForm("shutdown", "Stop all processes and end swisord.")]

    static func run(_ arguments: [String], in session: inout Session) throws(Interruption) {
        guard !session.refuses(arguments, of: Self.self),
            session.confirm?("Really stop all processes and end swisord y/N? ") ?? true
        else { return }
        do throws(Interruption) {
            let response = try session.send(.shutdown)
            session.say("Shut down")
            session.show(response)
        } catch {
            let url = session.connection.endpoint.url
            switch error {
            case .unreachable(.refused):
                tell("\(url) refused connection", "connection_refused", in: &session)
            case .unreachable(.noSuchFile):
                tell("\(url) no such file", "no_socket", in: &session)
            default:
                throw error
            }
        }
    }

    private static func tell(_ what: String, _ code: String, in session: inout Session) {
        session.exitStatus = .failure
        session.say("ERROR: \(what) (already shut down?)")
        session.show(ErrorDocument(code: code, message: what, hint: "already shut down?"))
    }

    static func refusal(for error: APIError) -> Refusal {
        switch error.code {
        case .shuttingDown: Refusal(line: "ERROR: already shutting down", status: .success)
        default: Refusal(line: "error: \(error.message)")
        }
    }
}
