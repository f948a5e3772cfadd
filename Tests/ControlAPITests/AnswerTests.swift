// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ControlAPI

@Suite("An answer")
struct AnswerTests {
    static let responses: [Response] = [
        .programs(ProgramList(programs: [Filled.program], missing: [Filled.result])),
        .programs(ProgramList(programs: [])),
        .command(CommandReport(results: [])),
        .command(CommandReport(results: [Filled.result])),
        .command(
            CommandReport(results: [
                Filled.result, CommandResult(name: "b", group: "b", action: .stopped),
            ])
        ),
        .daemon(Filled.daemon), .plan(Filled.plan), .plan(ReloadPlan()),
        .available(ConfiguredList(configured: [Filled.configured])),
        .available(ConfiguredList(configured: [])),
        .logPiece(Filled.piece), .failure(Filled.error),
        .failure(APIError(.failed, "a \u{1}\"\\/ é\n")),
    ]

    @Test("is the same when it has been read back", arguments: responses)
    func roundTrip(response: Response) throws {
        let answer = HTTPAnswer(response, to: .request(.daemon))
        #expect(answer.body.last == UInt8(ascii: "\n"))
        #expect(try answer.response() == response)
    }

    @Test("has sorted keys in snake case and leaves slashes alone")
    func shape() {
        let answer = HTTPAnswer(.daemon(Filled.daemon), to: .request(.daemon))
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == #"{"alarms":["the guardian has died"],"changed_files":["/etc/s.yaml"],"#
                + #""configuration_file":"/etc/s.yaml","#
                + #""crashes":2,"guardian":{"pid":1,"state":"watching"},"identifier":"swisord","#
                + #""last_crash":"terminated by SIGSEGV","last_upgrade":{"at":1.5,"#
                + #""error":"it does not start","from":"1","programs":3,"to":"2"},"logfile":"#
                + #"{"lost_bytes":5,"path":"/log","trouble":"full"},"manager_pid":2,"pid":1,"#
                + #""programs":2,"reload_error":"no","socket":"/s","started_at":1.5,"starts":3,"#
                + #""state":"SHUTDOWN","version":"0.1.0"}"# + "\n"
        )
    }

    @Test("of a daemon of an earlier version is understood")
    func earlier() throws {
        let body =
            #"{"configuration_file":"/c","identifier":"i","logfile":{"lost_bytes":0},"pid":7,"#
            + #""programs":0,"socket":"/s","started_at":1,"state":"RUNNING","version":"0.1"}"#
        guard
            case .daemon(let info) = try HTTPAnswer(status: 200, body: Array(body.utf8)).response()
        else {
            Issue.record("it is something else")
            return
        }
        #expect(info.managerPid == 7 && info.guardian.state == .off && info.alarms.isEmpty)
    }

    @Test("has the status of its error", arguments: APIError.Code.allCases)
    func status(code: APIError.Code) throws {
        let error = APIError(code, "text", hint: "hint")
        let answer = HTTPAnswer(.failure(error), to: .request(.daemon))
        #expect(answer.status == code.httpStatus)
        #expect((400..<600).contains(answer.status))
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == #"{"error":{"code":"\#(code.rawValue)","hint":"hint","message":"text"}}"# + "\n"
        )
    }

    @Test("to a command that did nothing has the first error's status; a half success is one")
    func nothingDone() {
        let call = Call.request(.start(.all, wait: true))
        let bad = CommandResult(
            name: "a",
            group: "a",
            action: .started,
            error: APIError(.alreadyStarted, "it runs")
        )
        let good = CommandResult(name: "b", group: "b", action: .started)
        func status(_ results: [CommandResult]) -> Int {
            HTTPAnswer(.command(CommandReport(results: results)), to: call).status
        }
        #expect(status([bad, bad]) == 409)
        #expect(status([bad, good]) == 200)
        #expect(status([good]) == 200)
        #expect(status([]) == 200)
    }

    @Test("about one program is that program, or says that there is none")
    func single() throws {
        let call = Call.program("web")
        let list = ProgramList(programs: [Filled.program])
        let one = HTTPAnswer(.programs(list), to: call)
        #expect(try JSONCoding.decode(ProcessInfo.self, from: one.body) == Filled.program)
        #expect(try one.response() == .programs(list))
        #expect(HTTPAnswer(.programs(ProgramList(programs: [])), to: call).status == 404)
        let missing = ProgramList(programs: [], missing: [Filled.result])
        #expect(HTTPAnswer(.programs(missing), to: call).status == Filled.error.code.httpStatus)
        let two = ProgramList(programs: [Filled.program, Filled.program])
        #expect(HTTPAnswer(.programs(two), to: call).status == 400)
    }

    @Test(
        "of another server is not understood",
        arguments: ["", "<html>", "[]", "{}", #"{"results":1}"#, #"{"error":{}}"#, "null"]
    )
    func foreign(body: String) {
        #expect(throws: APIError.self) {
            try HTTPAnswer(status: 200, body: Array(body.utf8)).response()
        }
    }

    @Test(
        "shows a command as one would type it to a shell",
        arguments: [
            (["sleep", "1.5"], "sleep 1.5"), (["a b", ""], "'a b' ''"),
            (["it's", "$x;", "a=b"], #"'it'\''s' '$x;' a=b"#), (["grüße", "*"], "grüße '*'"),
        ]
    )
    func commandLine(words: [String], text: String) {
        var process = Filled.configured
        process.arguments = words
        #expect(process.commandLine == text)
    }

    @Test("that nests too deeply is not parsed; brackets in texts do not count")
    func depth() throws {
        let limit = JSONCoding.depthLimit
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8
            )
        }
        #expect(JSONCoding.isShallow(nested(limit)))
        #expect(!JSONCoding.isShallow(nested(limit + 1)))
        let text = "\"" + String(repeating: "[{\\\"", count: 100) + "\""
        #expect(try JSONCoding.decode(String.self, from: Array(text.utf8)).utf8.count == 300)
    }
}
