// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import XMLRPC

@Suite("What is told of a process")
struct StructureTests {
    private func info(
        _ state: String,
        _ code: Int,
        pid: Int = 0,
        exit: ProcessInfo.Exit? = nil
    ) -> ProcessInfo {
        ProcessInfo(
            name: "a",
            group: "g",
            state: state,
            stateCode: code,
            pid: pid,
            startedAt: 1000.9,
            stoppedAt: 900.2,
            exit: exit,
            description: "words",
            why: "because",
            stdout: ProcessInfo.Log(path: "/out")
        )
    }

    private func exit(code: Int? = nil, signal: Int? = nil) -> ProcessInfo.Exit {
        ProcessInfo.Exit(code: code, signal: signal, signalName: nil, coreDumped: false, text: "")
    }

    private func told(_ info: ProcessInfo) -> XMLValue? {
        Dialogue(
            "supervisor.getProcessInfo",
            [.text("g:a")],
            answers: [.programs(ProgramList(programs: [info], at: 2000.5))]
        ).value
    }

    @Test("has the fourteen members of supervisord, with their types")
    func members() {
        #expect(
            told(info("RUNNING", 20, pid: 7))
                == .structure([
                    .init("name", .text("a")), .init("group", .text("g")),
                    .init("start", .int(1000)), .init("stop", .int(900)), .init("now", .int(2000)),
                    .init("state", .int(20)), .init("statename", .text("RUNNING")),
                    .init("spawnerr", .text("")), .init("exitstatus", .int(0)),
                    .init("logfile", .text("/out")), .init("stdout_logfile", .text("/out")),
                    .init("stderr_logfile", .text("")), .init("pid", .int(7)),
                    .init("description", .text("words")),
                ])
        )
    }

    @Test("has -1 for a death by signal, and nothing of the run before while it runs")
    func exits() {
        let status = { told($0)?.member("exitstatus") }
        #expect(status(info("EXITED", 100, exit: exit(code: 3))) == .int(3))
        #expect(status(info("EXITED", 100, exit: exit(signal: 9))) == .int(-1))
        #expect(status(info("EXITED", 100, exit: exit())) == .int(0))
        #expect(status(info("RUNNING", 20, pid: 7, exit: exit(code: 3))) == .int(0))
        #expect(status(info("STOPPED", 0)) == .int(0))
        #expect(told(info("FATAL", 200))?.member("spawnerr") == .text("words"))
        #expect(told(info("EXITED", 100))?.member("spawnerr") == .text("because"))
    }

    @Test("is a fault when there is none of that name, or a group was named")
    func missing() {
        let none = Response.programs(ProgramList(programs: [], missing: [.of("x", .noSuchProcess)]))
        let dialogue = Dialogue("supervisor.getProcessInfo", [.text("x")], answers: [none])
        #expect(dialogue.fault == Fault(.badName, "x"))
        let group = Dialogue("supervisor.getProcessInfo", [.text("g:*")])
        #expect(group.fault == Fault(.badName, "g:*") && group.asked.isEmpty)
    }
}

@Suite("The methods about methods")
struct SystemTests {
    @Test("list, explain and type all of them")
    func introspection() throws {
        guard case .array(let listed) = Dialogue("system.listMethods").value else {
            Issue.record("no array")
            return
        }
        let names = listed.map { if case .text(let name) = $0 { name } else { "" } }
        #expect(names == names.sorted() && names.count > 25)
        for name in names {
            let help = Dialogue("system.methodHelp", [.text(name)]).value
            let signature = Dialogue("system.methodSignature", [.text(name)]).value
            guard case .text(let text) = help, case .array(let types) = signature else {
                Issue.record("\(name) is not told of")
                continue
            }
            #expect(text.contains("@return") && !types.isEmpty)
        }
        let types = Dialogue("system.methodSignature", [.text("supervisor.startProcess")]).value
        #expect(types == .array([.text("boolean"), .text("string"), .text("boolean")]))
        for method in ["system.methodHelp", "system.methodSignature"] {
            #expect(Dialogue(method, [.text("x")]).fault == Fault(.signatureUnsupported))
        }
    }

    private func call(_ method: String?, _ parameters: [XMLValue]? = nil) -> XMLValue {
        .structure(
            (method.map { [.init("methodName", .text($0))] } ?? [])
                + (parameters.map { [.init("params", .array($0))] } ?? [])
        )
    }

    @Test("carry out several calls in turn, with bare values and faults that stop nothing")
    func multicall() {
        let calls: [XMLValue] = [
            call("supervisor.getAPIVersion"), call("supervisor.stopProcess", [.text("a")]),
            call("system.multicall", [.array([])]), call(nil), call("supervisor.nothing", []),
            call("supervisor.startProcess", [.text("a")]), call("supervisor.getVersion", []),
            .text("no call"),
        ]
        let dialogue = Dialogue(
            "system.multicall",
            [.array(calls)],
            answers: [.done("a"), .done("a", .alreadyStarted)]
        )
        #expect(
            dialogue.asked == [
                .stop(Selection(["a:a"]), wait: true), .start(Selection(["a:a"]), wait: true),
            ]
        )
        let recursion = Fault(.incorrectParameters, "Recursive system.multicall forbidden")
        let nameless = Fault(.incorrectParameters, "No methodName")
        #expect(
            dialogue.value
                == .array([
                    .text("3.0"), .bool(true), recursion.value, nameless.value,
                    Fault(.unknownMethod).value, Fault(.alreadyStarted, "a").value, .text("3.0"),
                    nameless.value,
                ])
        )
    }
}
