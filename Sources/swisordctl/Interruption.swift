// SPDX-License-Identifier: Apache-2.0

import ControlAPI

/// Why a verb could not go on.
enum Interruption: Error, Hashable {
    case unreachable(ConnectionFailure)
    /// The daemon refused the request as a whole.
    case refused(APIError)
    /// The daemon answered something else than was asked for.
    case unexpected
}

extension Session {
    /// Says what went wrong and what to do about it, in the words and numbers of supervisorctl.
    mutating func report(_ interruption: Interruption, by verb: any Verb.Type) {
        switch interruption {
        case .unreachable(let failure): report(failure)
        case .refused(let error) where error.code == .unauthorized:
            fail(
                "Server requires authentication",
                APIError(
                    .unauthorized,
                    "a user and a password are asked for",
                    hint: "give them with -u and -p, or in SWISORD_USER and SWISORD_PASSWORD"
                )
            )
        case .refused(let error):
            let refusal = verb.refusal(for: error)
            fail(refusal.line, error, refusal.status)
        case .unexpected:
            fail(
                "error: \(connection.endpoint.url): unexpected answer",
                APIError(
                    .failed,
                    "the daemon's answer is not understood",
                    hint: "swisord and swisordctl may be of different versions"
                )
            )
        }
        if let status = verb.interruptedStatus, exitStatus != .success { exitStatus = status }
    }

    /// A path as it can be given to a shell.
    private static func shellWord(_ path: String) -> String {
        let plain = "/._-+,:@%=".utf8
        let isPlain = path.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), 128...:
                true
            default: plain.contains($0)
            }
        }
        guard !isPlain else { return path }
        let escaped = path.map { "\"$`\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped)\""
    }

    private mutating func report(_ failure: ConnectionFailure) {
        let url = connection.endpoint.url
        let file = connection.endpoint.configuration.map(Self.shellWord) ?? "FILE"
        switch failure {
        case .refused:
            unreachable(
                "\(url) refused connection",
                "connection_refused",
                .refused,
                "swisord has ended or is just starting; start it with 'swisord -c \(file)'"
            )
        case .noSocketKnown(let text):
            unreachable(
                "error: \(text)",
                "no_socket_known",
                .invalidArguments,
                "name a configuration with '-c FILE', or the socket with '-s \(url)'"
            )
        case .noSuchFile:
            unreachable(
                "\(url) no such file",
                "no_socket",
                .notRunning,
                """
                is swisord running? start it with 'swisord -c \(file)', \
                or name the socket of another with '-s unix:///PATH'
                """
            )
        case .permissionDenied:
            unreachable(
                "error: \(url): permission denied",
                "permission_denied",
                .failure,
                "only root, the user that swisord runs as and whom its socket_mode lets in may use it"
            )
        case .silent:
            unreachable(
                "\(url) does not answer",
                "no_answer",
                .refused,
                """
                swisord is being started again and again, or is stopped: its activity log tells; \
                its programs run on, and 'swisordctl status' tells what became of the command
                """
            )
        case .broken(let text):
            unreachable(
                "error: \(url): \(text)",
                "connection_broken",
                .failure,
                "the answer is lost; ask 'swisordctl status' what has become of the command"
            )
        case .other(let text):
            unreachable("error: \(url): \(text)", "connection_failed", .failure, nil)
        }
    }

    private mutating func unreachable(
        _ line: String,
        _ code: String,
        _ status: ExitStatus,
        _ hint: String?
    ) {
        exitStatus = status
        say(line)
        if let hint { advise(hint) }
        let message = line.hasPrefix("error: ") ? String(line.dropFirst(7)) : line
        show(ErrorDocument(code: code, message: message, hint: hint))
    }
}
