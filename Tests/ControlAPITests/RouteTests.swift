// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ControlAPI

@Suite("The route table")
struct RouteTests {
    static let odd = Selection(["a,b", "grüße 100%", "web:*", "x?y&z=1#+", "a b"])

    static let calls: [Call] =
        [
            .request(.programs(.all)), .request(.programs(odd)), .request(.trees(odd)),
            .program("web"),
            .program("a,b:c"),
            .request(.signal(odd, name: "TERM")), .request(.signal(.all, name: "\"}\u{1}é")),
            .request(.clear(odd)), .request(.daemon), .request(.reload), .request(.shutdown),
            .request(.restartAll), .request(.reopenLogs), .request(.plan),
            .request(.apply(groups: [])),
            .request(.apply(groups: ["a,b", "c"])), .stream(.events(EventSelection())),
            .stream(.events(EventSelection(types: ["TICK_5", "RELOAD"], after: .max))),
            .request(.emit(type: "", data: "")),
            .request(.emit(type: "a/b: \"é\"", data: "one\ntwo\u{0}")),
            .request(.upgrade(path: nil)), .request(.upgrade(path: "/a b/grüße%/../x")),
            .request(.clearDaemonLog), .request(.available),
            .request(.add(groups: ["a,b", "c"])), .request(.remove(groups: ["g"])),
            .request(.sendInput(name: "g:%2f", bytes: [])),
            .request(.sendInput(name: "p", bytes: [0, 0xFF, 0x7B])),
            .request(.readLog(.daemon, offset: 0, length: nil)),
            .request(.readLog(.daemon, offset: -1600, length: 0)),
            .request(
                .readLog(.program(name: "g:%2f", channel: .stderr), offset: 7, length: 5)
            ),
            .stream(.log(.daemon, bytes: 0, follow: false)),
            .stream(.log(.daemon, bytes: QueryParameter.bytesLimit, follow: true)),
            .stream(.log(.program(name: "g:%2f", channel: .stdout), bytes: 1600, follow: true)),
            .stream(.log(.program(name: "g:p", channel: .stderr), bytes: 1, follow: false)),
        ]
        + [true, false].flatMap { wait in
            [Selection.all, odd].flatMap {
                [
                    Call.request(.start($0, wait: wait)), .request(.stop($0, wait: wait)),
                    .request(.restart($0, wait: wait)),
                ]
            }
        }

    @Test("builds an address for every call, and reads the same call from it", arguments: calls)
    func roundTrip(call: Call) throws {
        let http = try Routes.http(for: call)
        #expect(http.target.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 })
        #expect(try Routes.parse(http) == call)
    }

    @Test("has a route for every call, and no route that no call uses")
    func complete() throws {
        let used = try Set(
            Self.calls.map { call in
                let http = try Routes.http(for: call)
                return Routes.all.filter { $0.write(call) != nil }.map(\.id)
                    + (http.target.isEmpty ? ["?"] : [])
            }
        )
        #expect(used.allSatisfy { $0.count == 1 })
        #expect(Set(used.flatMap { $0 }) == Set(Routes.all.map(\.id)))
        #expect(Set(Routes.all.map(\.id)).count == Routes.all.count)
    }

    @Test("knows the plain addresses that people type")
    func plain() throws {
        func parse(_ method: String, _ target: String) throws -> Call {
            try Routes.parse(HTTPCall(method: method, target: target))
        }
        #expect(try parse("GET", "/v1/programs") == .request(.programs(.all)))
        #expect(try parse("GET", "/v1/programs?") == .request(.programs(.all)))
        #expect(
            try parse("GET", "/v1/programs?select=a,g:*")
                == .request(.programs(Selection(["a", "g:*"])))
        )
        #expect(
            try parse("POST", "/v1/programs/a,b/start?wait=false")
                == .request(.start(Selection(["a", "b"]), wait: false))
        )
        #expect(
            try parse("POST", "/v1/programs/a/signal?signal=HUP")
                == .request(.signal(Selection(["a"]), name: "HUP"))
        )
        #expect(
            try parse("GET", "/v1/programs/g:p/logs/stderr?bytes=5")
                == .stream(
                    .log(.program(name: "g:p", channel: .stderr), bytes: 5, follow: false)
                )
        )
        #expect(
            try parse("GET", "/v1/daemon/log")
                == .stream(.log(.daemon, bytes: 1600, follow: false))
        )
    }

    static let refused: [(String, String, String, APIError.Code)] = [
        ("GET", "/", "", .notFound), ("GET", "", "", .badRequest),
        ("GET", "*", "", .badRequest), ("GET", "http://x/v1/daemon", "", .badRequest),
        ("GET", "/v1/daemon#x", "", .badRequest), ("GET", "/v1/daemon/", "", .notFound),
        ("GET", "//v1/daemon", "", .notFound), ("GET", "/v2/daemon", "", .notFound),
        ("GET", "/v1/programs/a/logs/stdin", "", .notFound),
        ("POST", "/v1/daemon", "", .methodNotAllowed),
        ("HEAD", "/v1/programs", "", .methodNotAllowed),
        ("DELETE", "/v1/programs/a", "", .methodNotAllowed),
        ("GET", "/v1/programs/a/start", "", .methodNotAllowed),
        ("GET", "/v1/programs/", "", .badRequest),
        ("GET", "/v1/programs/a,b", "", .badRequest),
        ("GET", "/v1/programs/a*", "", .badRequest),
        ("GET", "/v1/programs/g:", "", .badRequest),
        ("GET", "/v1/programs/..", "", .badRequest),
        ("GET", "/v1/programs/%2e%2E", "", .badRequest),
        ("GET", "/v1/programs/a%2fb", "", .badRequest),
        ("GET", "/v1/programs/a%00", "", .badRequest),
        ("GET", "/v1/programs/a%0a", "", .badRequest),
        ("GET", "/v1/programs/a%7F", "", .badRequest),
        ("GET", "/v1/programs/a%", "", .badRequest),
        ("GET", "/v1/programs/a%4", "", .badRequest),
        ("GET", "/v1/programs/a%zz", "", .badRequest),
        ("GET", "/v1/programs/%ff", "", .badRequest),
        ("GET", "/v1/programs/%c0%af", "", .badRequest),
        ("POST", "/v1/programs/a,,b/start", "", .badRequest),
        ("POST", "/v1/programs/a,/start", "", .badRequest),
        ("GET", "/v1/programs?select=", "", .badRequest),
        ("GET", "/v1/programs?select", "", .badRequest),
        ("GET", "/v1/programs?select=a&select=b", "", .badRequest),
        ("GET", "/v1/programs?selekt=a", "", .badRequest),
        ("GET", "/v1/daemon?x=1", "", .badRequest),
        ("POST", "/v1/programs/a/start?wait=yes", "", .badRequest),
        ("POST", "/v1/programs/a/start?wait=", "", .badRequest),
        ("GET", "/v1/daemon/log?bytes=-1", "", .badRequest),
        ("GET", "/v1/daemon/log?bytes=+1", "", .badRequest),
        ("GET", "/v1/daemon/log?bytes=1e3", "", .badRequest),
        ("GET", "/v1/daemon/log?bytes=16777217", "", .badRequest),
        ("GET", "/v1/daemon/log?bytes=99999999999999999999", "", .badRequest),
        ("GET", "/v1/daemon/log?follow=1", "", .badRequest),
        ("POST", "/v1/daemon/reload", "{}", .badRequest),
        ("POST", "/v1/programs/a/signal", "", .badRequest),
        ("POST", "/v1/programs/a/signal?signal=", "", .badRequest),
        ("POST", "/v1/programs/a/signal?signal=HUP", #"{"signal":"TERM"}"#, .badRequest),
        ("POST", "/v1/programs/a/signal", "signal=TERM", .badRequest),
        ("POST", "/v1/programs/a/signal", #"{"signal":15}"#, .badRequest),
        ("POST", "/v1/programs/a/signal", #"{"signal":null}"#, .badRequest),
        ("POST", "/v1/programs/a/signal", #"{"signal":""}"#, .badRequest),
        ("POST", "/v1/programs/a/signal", "{}", .badRequest),
        ("POST", "/v1/programs/a/signal", "[]", .badRequest),
        ("POST", "/v1/programs/a/signal", #"{"signal":"TERM","all":true}"#, .badRequest),
        ("POST", "/v1/programs/a/signal", #"{"signal":"TERM"} x"#, .badRequest),
        (
            "POST", "/v1/programs/a/signal",
            String(repeating: "[", count: 100_000), .badRequest
        ),
        ("POST", "/v1/config/apply?groups=a,,b", "", .badRequest),
        ("POST", "/v1/programs/a,b/stdin", "x", .badRequest),
        ("POST", "/v1/groups/a,/add", "", .badRequest),
        ("POST", "/v1/groups/a/add", "{}", .badRequest),
        ("GET", "/v1/groups/a/remove", "", .methodNotAllowed),
        ("GET", "/v1/events?after=", "", .badRequest),
        ("GET", "/v1/events?after=-1", "", .badRequest),
        ("GET", "/v1/events?after=18446744073709551616", "", .badRequest),
        ("GET", "/v1/events?types=", "", .badRequest),
        ("POST", "/v1/events", "", .badRequest),
        ("POST", "/v1/events", #"{"data":"x"}"#, .badRequest),
        ("POST", "/v1/events", #"{"type":"a","signal":"x"}"#, .badRequest),
        ("POST", "/v1/events", #"{"type":1}"#, .badRequest),
        ("POST", "/v1/upgrade?path=", "", .badRequest),
        ("POST", "/v1/upgrade?path=bin/swisord", "", .badRequest),
        ("POST", "/v1/upgrade?path=%2Fbin%0Ax", "", .badRequest),
        ("POST", "/v1/upgrade?path=%2Fbin%00", "", .badRequest),
    ]

    @Test("refuses what is not exactly right", arguments: refused)
    func refusal(method: String, target: String, body: String, code: APIError.Code) {
        let error = #expect(throws: APIError.self) {
            try Routes.parse(HTTPCall(method: method, target: target, body: Array(body.utf8)))
        }
        #expect(error?.code == code)
        #expect(error?.message.hasSuffix(".") == true)
    }

    @Test(
        "builds no address for a name that none can carry",
        arguments: ["", "a/b", "..", ".", "a\u{0}", "a\n"]
    )
    func unspeakable(name: String) {
        #expect(throws: APIError.self) { try Routes.http(for: .program(name)) }
        #expect(throws: APIError.self) {
            try Routes.http(for: .request(.start(Selection(["a", name]), wait: true)))
        }
        #expect(throws: APIError.self) {
            try Routes.http(for: .request(.programs(Selection([name]))))
        }
    }

    @Test("builds no address for a selection of nothing")
    func nothing() {
        #expect(throws: APIError.self) { try Routes.http(for: .request(.clear(Selection([])))) }
        #expect(throws: APIError.self) {
            try Routes.http(for: .request(.programs(Selection([]))))
        }
    }
}
