// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import NIOCore
import NIOHTTP1
import XMLRPC

/// How a pending answer is to be told.
enum Awaited {
    case json(Call)
    /// To a call that goes on when the answer is there.
    case xmlrpc(@Sendable (Response) -> CallProgress)
}

/// What is special about the requests of supervisord's clients.
enum Supervisord {
    /// How much of a log is sent before what is written from then on.
    static let logTail = 1024

    /// Whether a request may not come without the length of its body.
    static func needsLength(_ head: HTTPRequestHead) -> Bool {
        head.method == .POST && SupervisordAddress(target: head.uri) == .calls
    }
}

/// The addresses that supervisord has: its calls, and its logs that are followed.
extension Connection {
    func serve(
        _ address: SupervisordAddress,
        _ head: HTTPRequestHead,
        _ body: [UInt8],
        _ exchange: Exchange
    ) {
        switch address {
        case .calls where head.method != .POST:
            answer(.badCall("XML-RPC is spoken with POST."), in: exchange)
        case .calls:
            do throws(MalformedCall) {
                proceed(try MethodCall(body).begin(), exchange)
            } catch {
                answer(.badCall("The body is no XML-RPC call: \(error)."), in: exchange)
            }
        case .log where head.method != .GET, .nothing where head.method != .GET:
            let error = APIError(.methodNotAllowed, "This address answers to GET only.")
            answer(HTTPAnswer(error), in: exchange, with: ["allow": "GET"])
        case .log(let source):
            open(.log(source, bytes: Supervisord.logTail, follow: true), exchange)
        case .nothing:
            answer(HTTPAnswer(APIError(.notFound, "There is no such log.")), in: exchange)
        }
    }

    /// Asks what a call has to ask next, or answers it.
    func proceed(_ progress: CallProgress, _ exchange: Exchange) {
        switch progress {
        case .reply(let body):
            answer(HTTPAnswer(status: 200, body: body, type: "text/xml"), in: exchange)
        case .ask(let request, let then): submit(request, nil, .xmlrpc(then), exchange)
        }
    }
}

extension HTTPAnswer {
    fileprivate static func badCall(_ text: String) -> HTTPAnswer {
        HTTPAnswer(APIError(.badRequest, text))
    }
}

extension Refusal {
    static let lengthMissing = Refusal(
        .badRequest,
        "The length of the body is not told.",
        hint: "Send the header Content-Length.",
        status: 411
    )
}
