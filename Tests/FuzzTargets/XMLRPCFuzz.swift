// SPDX-License-Identifier: Apache-2.0

import ControlAPI

@testable import XMLRPC

/// The body of a call: whatever it is, it is refused or answered, and answers are XML.
enum XMLRPCFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        guard let call = try? MethodCall(bytes) else { return }
        for value in call.parameters { try checkWriting(value) }
        try check(call.begin(), steps: 0)
    }

    /// What was read can be written, and read again by anybody.
    private static func checkWriting(_ value: XMLValue) throws(Finding) {
        let reply = ReplyWriter.reply(value)
        // Escapes make it longer, and values make it deeper, than what was sent.
        var limits = CallLimits()
        limits.bytes = .max >> 33
        limits.depth = 1000
        limits.elements = .max
        try require((try? XMLDocument.read(reply, limits)) != nil, "no XML: \(reply)")
    }

    /// Gives a call answers of several kinds, of which few are what it asked for.
    private static func check(_ progress: CallProgress, steps: Int) throws(Finding) {
        try require(steps < 20_000, "it never ends")
        guard case .ask(let request, let then) = progress else { return }
        let responses: [Response] = [
            .command(CommandReport(results: [])), .failure(APIError(.badSignal, "\u{1}")),
            .programs(ProgramList(programs: [])),
        ]
        // One way is followed to its end, the others for a step.
        for response in responses.dropFirst() { _ = then(response) }
        _ = request
        try check(then(responses[0]), steps: steps + 1)
    }
}
