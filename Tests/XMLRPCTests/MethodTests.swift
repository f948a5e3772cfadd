// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import XMLRPC

/// Carries calls out against a daemon that gives prepared answers.
struct Dialogue {
    private(set) var asked: [Request] = []
    let outcome: Result<XMLValue, Fault>

    init(_ method: String, _ parameters: [XMLValue] = [], answers: [Response] = []) {
        var answers = answers[...]
        do throws(Fault) {
            var plan = try MethodTable.plan(MethodCall(method, parameters))
            while true {
                switch plan {
                case .value(let value):
                    outcome = .success(value)
                    return
                case .ask(let request, let then):
                    asked.append(request)
                    plan = try then(answers.popFirst() ?? .failure(APIError(.failed, "no more")))
                }
            }
        } catch {
            outcome = .failure(error)
        }
    }

    var value: XMLValue? { try? outcome.get() }
    var fault: Fault? { if case .failure(let fault) = outcome { fault } else { nil } }
}

extension Response {
    static func done(_ name: String, _ error: APIError.Code? = nil) -> Response {
        .command(CommandReport(results: [.of(name, error)]))
    }
}

extension CommandResult {
    static func of(_ name: String, _ error: APIError.Code? = nil) -> CommandResult {
        let parts = name.split(separator: ":").map(String.init)
        return CommandResult(
            name: parts[parts.count - 1],
            group: parts[0],
            action: .started,
            error: error.map { APIError($0, "because") }
        )
    }
}

@Suite("A method")
struct MethodTests {
    @Test("is one of a closed table, by its exact name")
    func table() {
        #expect(MethodTable.names.count == MethodTable.all.reduce(0) { $0 + $1.names.count })
        let names = [
            "supervisor", "supervisor.", "supervisor._update", "system.multicall.x",
            "supervisor.supervisord.options.execve", "getPID", "supervisor.getpid",
            " supervisor.getPID", "supervisor.getPID\u{0}", "supervisor.__class__",
        ]
        for name in names {
            #expect(Dialogue(name).fault == Fault(.unknownMethod), "\(name)")
        }
    }

    @Test("takes as many parameters as it has, of their types")
    func parameters() {
        let name = XMLValue.text("web")
        let wrong: [(String, [XMLValue])] = [
            ("supervisor.getState", [name]), ("supervisor.startProcess", []),
            ("supervisor.startProcess", [name, .bool(true), name]),
            ("supervisor.startProcess", [.int(1)]), ("supervisor.startProcess", [name, .null]),
            ("supervisor.signalProcess", [name]), ("supervisor.signalProcess", [name, .array([])]),
            ("system.multicall", [name]), ("system.methodHelp", []),
        ]
        for (method, parameters) in wrong {
            let fault = Dialogue(method, parameters).fault
            #expect(fault?.code == .incorrectParameters, "\(method) \(parameters)")
        }
        for flag in [XMLValue.bool(false), .int(0), .text("")] {
            let dialogue = Dialogue("supervisor.startProcess", [name, flag])
            #expect(dialogue.asked == [.start(Selection(["web:web"]), wait: false)])
        }
    }

    @Test("takes a name as it is, and no pattern")
    func names() {
        func asked(_ name: String) -> [Request] {
            Dialogue("supervisor.stopProcess", [.text(name)]).asked
        }
        #expect(asked("web") == [.stop(Selection(["web:web"]), wait: true)])
        #expect(asked("web:web") == [.stop(Selection(["web:web"]), wait: true)])
        #expect(asked("g:a,b") == [.stop(Selection(["g:a,b"]), wait: true)])
        #expect(asked("all") == [.stop(Selection(["all:all"]), wait: true)])
        #expect(asked("g:*") == [.stop(Selection(["g:*"]), wait: true)])
        #expect(asked("g:") == [.stop(Selection(["g:*"]), wait: true)])
        for name in ["", ":", ":a", "*", "w*", "g:w?", "*:*", "g:a:b", "?:"] {
            let dialogue = Dialogue("supervisor.stopProcess", [.text(name)])
            #expect(dialogue.asked.isEmpty, "\(name)")
            #expect(dialogue.fault == Fault(.badName, name))
        }
    }

    @Test(
        "fails with supervisord's code for what went wrong",
        arguments: [
            (APIError.Code.noSuchProcess, Fault(.badName, "web")),
            (.noSuchGroup, Fault(.badName, "web")), (.noSuchFile, Fault(.noFile, "because")),
            (.notExecutable, Fault(.notExecutable, "because")),
            (.alreadyStarted, Fault(.alreadyStarted, "web")),
            (.notRunning, Fault(.notRunning, "web")), (.spawnError, Fault(.spawnError, "web")),
            (.abnormalTermination, Fault(.abnormalTermination, "web")),
            (.shuttingDown, Fault(.shutdownState)), (.failed, Fault(.failed, "because")),
        ]
    )
    func faults(code: APIError.Code, fault: Fault) {
        let parameters = [XMLValue.text("web")]
        let one = Dialogue(
            "supervisor.startProcess",
            parameters,
            answers: [.done("web", code)]
        )
        #expect(one.fault == fault)
        let all = Dialogue(
            "supervisor.startProcess",
            parameters,
            answers: [.failure(APIError(code, "because"))]
        )
        #expect(all.fault == fault)
    }

    @Test("on a group tells of each process that something was done for")
    func groups() throws {
        let report = Response.command(
            CommandReport(results: [
                .of("g:a"), .of("g:b", .alreadyStarted), .of("g:c", .spawnError),
            ])
        )
        let expected = XMLValue.array([
            .structure([
                .init("name", .text("a")), .init("group", .text("g")), .init("status", .int(80)),
                .init("description", .text("OK")),
            ]),
            .structure([
                .init("name", .text("c")), .init("group", .text("g")), .init("status", .int(50)),
                .init("description", .text("SPAWN_ERROR: g:c")),
            ]),
        ])
        for (method, parameters) in [
            ("supervisor.startProcess", [XMLValue.text("g:*")]),
            ("supervisor.startProcessGroup", [.text("g")]), ("supervisor.startAllProcesses", []),
        ] {
            #expect(Dialogue(method, parameters, answers: [report]).value == expected)
        }
        let missing = Dialogue(
            "supervisor.startProcessGroup",
            [.text("g")],
            answers: [.done("g:*", .noSuchGroup)]
        )
        #expect(missing.fault == Fault(.badName, "g"))
    }

    @Test("for signals takes names and numbers, and tells of each when there is no such signal")
    func signals() {
        let name = XMLValue.text("web")
        let selection = Selection(["web:web"])
        let sent = Dialogue("supervisor.signalProcess", [name, .int(1)], answers: [.done("web")])
        #expect(sent.asked == [.signal(selection, name: "1")])
        #expect(sent.value == .bool(true))
        let bad = Response.failure(APIError(.badSignal, "no signal"))
        let running = ProcessInfo(
            name: "web",
            group: "web",
            state: "RUNNING",
            stateCode: 20,
            pid: 7,
            description: ""
        )
        let one = Dialogue(
            "supervisor.signalProcess",
            [name, .text("FOO")],
            answers: [bad, .programs(ProgramList(programs: [running]))]
        )
        #expect(one.fault == Fault(.badSignal, "FOO"))
        let unknown = Dialogue(
            "supervisor.signalProcess",
            [name, .text("FOO")],
            answers: [bad, .programs(ProgramList(programs: []))]
        )
        #expect(unknown.fault == Fault(.badName, "web"))
        let all = Dialogue(
            "supervisor.signalAllProcesses",
            [.text("FOO")],
            answers: [bad, .programs(ProgramList(programs: [running]))]
        )
        #expect(
            all.value
                == .array([CommandAnswer.entry("web", "web", Fault(.badSignal, "FOO"))])
        )
    }

    @Test("for listeners passes on a type and its data")
    func remoteEvents() {
        let parameters: [XMLValue] = [.text("deploy"), .text("v2 é")]
        let sent = Dialogue(
            "supervisor.sendRemoteCommEvent",
            parameters,
            answers: [.command(CommandReport(results: []))]
        )
        #expect(sent.asked == [.emit(type: "deploy", data: "v2 é")])
        #expect(sent.value == .bool(true))
        let refused = Dialogue(
            "supervisor.sendRemoteCommEvent",
            parameters,
            answers: [.failure(APIError(.badRequest, "a line end"))]
        )
        #expect(refused.fault == Fault(.failed, "a line end"))
    }

    @Test("for a reread tells which groups differ, as an array in an array")
    func reread() {
        let plan = ReloadPlan(added: ["a"], changed: ["b", "c"], removed: [])
        let dialogue = Dialogue("supervisor.reloadConfig", answers: [.plan(plan)])
        #expect(dialogue.asked == [.plan])
        let groups: [XMLValue] = [
            .array([.text("a")]), .array([.text("b"), .text("c")]), .array([]),
        ]
        #expect(dialogue.value == .array([.array(groups)]))
        let broken = Dialogue(
            "supervisor.reloadConfig",
            answers: [.failure(APIError(.invalidConfiguration, "line 3"))]
        )
        #expect(broken.fault == Fault(.cannotReread, "line 3"))
    }
}
