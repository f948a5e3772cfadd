// SPDX-License-Identifier: Apache-2.0

import ControlAPI
import Testing

@testable import swisordctl

/// Documents are compared as text: keys are sorted, so the text is stable.
@Suite("--json")
struct JSONTests {
    @Test("prints the API's list for status, wrong names included, with the usual exit status")
    func status() throws {
        let missing = [result("nope", .listed, .noSuchProcess, "no such process")]
        let list = ProgramList(programs: [process("a", "FATAL", why: "w")], missing: missing)
        let seen = Transcript("status nope a", .programs(list), json: true)
        #expect(try JSONCoding.decode(ProgramList.self, from: seen.rawOutput) == list)
        #expect(seen.output.hasPrefix(#"{"missing":[{"action":"listed","error":{"code":"no_such"#))
        #expect(seen.output.filter { $0 == "\n" }.count == 1)
        #expect(seen.status == 3)
        #expect(Transcript("pid a", .programs(list), json: true).status == 1)
    }

    @Test("prints the results of commands, and the first error where nothing was done")
    func commands() {
        let done = Transcript(
            "start a b",
            report(result("a", .started), result("b", .started, .spawnError, "m")),
            json: true
        )
        #expect(
            done.output == """
                {"results":[{"action":"started","group":"a","name":"a"},\
                {"action":"started","error":{"code":"spawn_error","message":"m"},\
                "group":"b","name":"b"}]}\n
                """
        )
        #expect(done.errors == "")
        #expect(done.status == 7)
        let undone = Transcript(
            "stop b",
            report(result("b", .stopped, .notRunning, "m")),
            json: true
        )
        #expect(
            undone.output.hasPrefix(#"{"error":{"code":"not_running","message":"m"},"results":["#)
        )
        #expect(undone.status == 0)
    }

    @Test(
        "prints plans and the daemon as the API does",
        arguments: ["reread", "update", "reload", "update a"]
    )
    func plans(line: String) throws {
        let plan = ConfigurationVerbTests.plan
        let seen = Transcript(line, .plan(plan), .plan(plan), json: true)
        #expect(try JSONCoding.decode(ReloadPlan.self, from: seen.rawOutput) == plan)
        #expect(seen.errors == "")
    }

    @Test("prints what is available as the API does")
    func available() throws {
        let list = ConfigurationVerbTests.configured
        let seen = Transcript("avail", .available(list), json: true)
        #expect(try JSONCoding.decode(ConfiguredList.self, from: seen.rawOutput) == list)
    }

    @Test("prints the daemon", arguments: ["pid", "version", "shutdown"])
    func daemon(verb: String) throws {
        let seen = Transcript(verb, .daemon(daemonInfo()), json: true)
        #expect(try JSONCoding.decode(DaemonInfo.self, from: seen.rawOutput) == daemonInfo())
    }

    @Test("prints every failure as an error, on standard output, with the usual exit status")
    func errors() {
        let cases: [(Transcript, String, Int32)] = [
            (
                Transcript("frob", json: true),
                #"{"error":{"code":"bad_request","hint":"'help' lists the verbs","message":"unknown verb 'frob'"}}"#,
                1
            ),
            (
                Transcript("start", json: true),
                #"{"error":{"code":"bad_request","message":"start requires a process name"}}"#, 2
            ),
            (
                Transcript(
                    "reload",
                    .failure(APIError(.invalidConfiguration, "m", hint: "h")),
                    json: true
                ),
                #"{"error":{"code":"invalid_configuration","hint":"h","message":"m"}}"#, 1
            ),
            (
                Transcript("update nope", .plan(ConfigurationVerbTests.plan), json: true),
                #"{"error":{"code":"no_such_group","message":"no such group: nope"}}"#, 1
            ),
            (
                Transcript("signal X a", .failure(APIError(.badSignal, "m")), json: true),
                #"{"error":{"code":"bad_signal","message":"m"}}"#, 1
            ),
        ]
        for (seen, output, status) in cases {
            #expect(seen.output == output + "\n")
            #expect(seen.errors == "")
            #expect(seen.status == status)
        }
    }

    @Test("prints an unreachable daemon as an error with a code of swisordctl's own")
    func unreachable() {
        let seen = Transcript("status", on: ScriptedDaemon([.failure(.noSuchFile)]), json: true)
        #expect(seen.output.hasPrefix(#"{"error":{"code":"no_socket","hint":""#))
        #expect(seen.output.contains(#""message":"unix:///run/s.sock no such file""#))
        #expect(seen.errors == "")
        #expect(seen.status == 4)
    }

    @Test("prints a log as one document, with U+FFFD for what is no text")
    func tail() {
        let daemon = ScriptedDaemon(
            [],
            events: [.opened, .bytes([0x61, 0xc3]), .bytes([0xbc, 0xff])]
        )
        let seen = Transcript("tail a", on: daemon, json: true)
        #expect(seen.output == #"{"channel":"stdout","data":"aü\#u{fffd}","name":"a"}"# + "\n")
    }

    @Test("prints a followed log as one document a piece that cuts no character")
    func follow() {
        let daemon = ScriptedDaemon(
            [],
            events: [.bytes([0x61, 0xc3]), .bytes([0xbc]), .lost(7), .bytes([0xe2]), .ended]
        )
        let seen = Transcript("maintail -f", on: daemon, json: true)
        #expect(
            seen.output == """
                {"data":"a"}
                {"data":"ü"}
                {"lost_bytes":7}
                {"data":"\u{fffd}"}\n
                """
        )
    }

    @Test("escapes on a terminal what JSON itself lets through")
    func terminal() {
        let daemon = programs(process("a\u{9b}\u{202e}\u{7f}ü"))
        let name = #""name":"a\u009b\u202e\u007fü""#
        #expect(Transcript("status", daemon, json: true, isTerminal: true).output.contains(name))
        #expect(Transcript("status", daemon, json: true).output.contains("\u{9b}\u{202e}\u{7f}ü"))
    }

    @Test("prints help as documents")
    func help() {
        #expect(Transcript("help", json: true).output.hasPrefix(#"{"verbs":[{"forms":[{"form":"#))
        #expect(Transcript("help pid", json: true).output.hasPrefix(#"{"forms":[{"form":"pid","#))
    }
}
