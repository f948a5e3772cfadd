// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import XMLRPC

@Suite("What is told of the file")
struct GroupTests {
    private func configured(_ name: String) -> ConfiguredProcess {
        ConfiguredProcess(
            name: name,
            group: "g",
            program: "p",
            inUse: true,
            arguments: ["sh", "-c", "exit 1"],
            stdout: ConfiguredProcess.Log(.file, path: "/out", maxBytes: 1 << 40, backups: 3),
            stderr: ConfiguredProcess.Log(.stdout)
        )
    }

    private func told(_ process: ConfiguredProcess) -> XMLValue? {
        let dialogue = Dialogue(
            "supervisor.getAllConfigInfo",
            answers: [.available(ConfiguredList(configured: [process]))]
        )
        guard case .array(let list) = dialogue.value else { return nil }
        return list.first
    }

    @Test("has supervisord's members, with their types")
    func members() throws {
        var process = configured("a")
        process.stopWaitSeconds = 0.5
        process.startRetries = 3
        let structure = try #require(told(process))
        guard case .structure(let members) = structure else {
            Issue.record("no struct")
            return
        }
        #expect(members.count == 30 && Set(members.map(\.name)).count == 30)
        let expected: [(String, XMLValue)] = [
            ("name", .text("a")), ("group", .text("g")), ("command", .text("sh -c 'exit 1'")),
            ("directory", .text("none")), ("uid", .text("none")), ("serverurl", .text("none")),
            ("inuse", .bool(true)), ("autostart", .bool(true)),
            ("autorestart", .text("unexpected")), ("exitcodes", .array([.int(0)])),
            ("startsecs", .int(1)), ("startretries", .int(3)), ("stopsignal", .int(15)),
            ("stopwaitsecs", .int(1)), ("killasgroup", .bool(true)),
            ("group_prio", .int(999)), ("process_prio", .int(999)),
            ("redirect_stderr", .bool(true)), ("stdout_logfile", .text("/out")),
            ("stdout_logfile_backups", .int(3)), ("stdout_logfile_maxbytes", .int(1 << 40)),
            ("stdout_syslog", .bool(false)), ("stderr_logfile", .text("none")),
        ]
        for (name, value) in expected { #expect(structure.member(name) == value, "\(name)") }
    }

    @Test("has numbers for what never ends, and the user and directory where there are some")
    func others() {
        var process = configured("a")
        (process.startRetries, process.stopWaitSeconds) = (nil, nil)
        (process.uid, process.directory, process.autorestart) = (1000, "/srv", "false")
        process.stdout = ConfiguredProcess.Log(.syslog)
        let structure = told(process)
        #expect(structure?.member("startretries") == .int(.max))
        #expect(structure?.member("stopwaitsecs") == .int(.max))
        #expect(structure?.member("uid") == .int(1000))
        #expect(structure?.member("directory") == .text("/srv"))
        #expect(structure?.member("autorestart") == .bool(false))
        #expect(structure?.member("stdout_syslog") == .bool(true))
        #expect(structure?.member("stdout_logfile") == .text("none"))
    }

    @Test("is sorted by the names of processes")
    func order() {
        let list = ["b", "a"].map(configured)
        let value = Dialogue(
            "supervisor.getAllConfigInfo",
            answers: [.available(ConfiguredList(configured: list))]
        ).value
        #expect(value == .array(list.reversed().map(ConfigurationStructure.value)))
    }

    @Test("changes by single groups, which are named as they are")
    func changes() {
        let table: [(String, ([String]) -> Request, APIError.Code, Fault)] = [
            ("addProcessGroup", Request.add, .alreadyAdded, Fault(.alreadyAdded, "g")),
            ("addProcessGroup", Request.add, .noSuchGroup, Fault(.badName, "g")),
            ("removeProcessGroup", Request.remove, .stillRunning, Fault(.stillRunning, "g")),
            ("removeProcessGroup", Request.remove, .noSuchGroup, Fault(.badName, "g")),
        ]
        for (method, request, code, fault) in table {
            let call = { Dialogue("supervisor.\(method)", [.text("g")], answers: [$0]) }
            let done = call(.done("g:*"))
            #expect(done.asked == [request(["g"])] && done.value == .bool(true))
            #expect(call(.done("g:*", code)).fault == fault)
            #expect(call(.failure(APIError(.shuttingDown, ""))).fault == Fault(.shutdownState))
            #expect(Dialogue("supervisor.\(method)", [.text("g:*")]).asked.isEmpty)
        }
    }

    @Test("is not needed for what is sent to a program, which goes as it is")
    func input() {
        let send = { Dialogue("supervisor.sendProcessStdin", [.text("p"), $0], answers: [$1]) }
        let text = send(.text("é\n"), .done("p"))
        #expect(text.asked == [.sendInput(name: "p:p", bytes: [0xC3, 0xA9, 0x0A])])
        #expect(text.value == .bool(true))
        let bytes = send(.bytes([0xFF, 0]), .done("p"))
        #expect(bytes.asked == [.sendInput(name: "p:p", bytes: [0xFF, 0])])
        #expect(send(.text(""), .done("p", .noInput)).fault == Fault(.noFile, "p"))
        #expect(send(.text(""), .done("p", .notRunning)).fault == Fault(.notRunning, "p"))
        #expect(send(.int(3), .done("p")).fault?.code == .incorrectParameters)
    }
}
