// SPDX-License-Identifier: Apache-2.0

/// Every route, once: requests are parsed and built from this table and nothing else.
package enum Routes {
    package static let all: [Route] =
        programs + input + logs + pieces + daemon + configuration + groups

    private static let wait = QueryParameter(
        name: "wait",
        kind: .flag(default: true),
        summary: "Whether to answer only when the outcome is known."
    )
    private static let select = QueryParameter(
        name: "select",
        kind: .list(default: ["all"]),
        summary: "Patterns of the programs to show."
    )
    private static let bytes = QueryParameter(
        name: "bytes",
        kind: .bytes(default: 1600),
        summary: "How many of the last bytes to send."
    )
    private static let follow = QueryParameter(
        name: "follow",
        kind: .flag(default: false),
        summary: "Whether to go on with everything that is written later."
    )

    static let unknown: [APIError.Code] = [.noSuchProcess, .noSuchGroup]
    private static let stopping = unknown + [.notRunning, .failed]
    private static let starting =
        unknown + [
            .alreadyStarted, .noSuchFile, .notExecutable, .spawnError, .abnormalTermination,
            .failed,
        ]
    static let unreadable: [APIError.Code] = [.noSuchProcess, .noLogFile, .failed]
    static let planning: [APIError.Code] = [.invalidConfiguration, .failed]

    private static let programs: [Route] = [
        Route(
            .get,
            "/v1/programs",
            "listPrograms",
            "All programs, or those selected.",
            query: [select],
            read: { .request(.programs(Selection($0.list("select")))) },
            write: {
                guard case .request(.programs(let selection)) = $0 else { return nil }
                return Arguments(query: ["select": .list(selection.patterns)])
            }
        ),
        Route(
            .get,
            "/v1/programs/{name}",
            "getProgram",
            "One program by its exact name.",
            errors: unknown,
            read: { arguments throws(APIError) in
                let name = arguments.names[0]
                guard !name.contains(where: { "*?".contains($0) }), !name.hasSuffix(":") else {
                    throw .badRequest(
                        "'\(name)' is a pattern, and this address shows one program.",
                        hint: "Use /v1/programs?select=PATTERN."
                    )
                }
                return .program(name)
            },
            write: { if case .program(let name) = $0 { Arguments(names: [name]) } else { nil } }
        ),
        Route(
            .get,
            "/v1/trees",
            "listTrees",
            "Programs with the processes that live under each.",
            query: [select],
            errors: [.failed],
            read: { .request(.trees(Selection($0.list("select")))) },
            write: {
                guard case .request(.trees(let selection)) = $0 else { return nil }
                return Arguments(query: ["select": .list(selection.patterns)])
            }
        ),
        command("start", "startPrograms", "Start programs.", starting, Request.start) {
            if case .start(let selection, let wait) = $0 { (selection, wait) } else { nil }
        },
        command("stop", "stopPrograms", "Stop programs.", stopping, Request.stop) {
            if case .stop(let selection, let wait) = $0 { (selection, wait) } else { nil }
        },
        command(
            "restart",
            "restartPrograms",
            "Stop what runs, then start programs.",
            starting,
            Request.restart
        ) {
            if case .restart(let selection, let wait) = $0 { (selection, wait) } else { nil }
        },
        Route(
            .post,
            "/v1/programs/{names}/signal",
            "signalPrograms",
            "Send a signal to programs.",
            query: [
                QueryParameter(
                    name: "signal",
                    kind: .text,
                    summary: "The signal, when the body is empty."
                )
            ],
            body: .json,
            errors: stopping + [.badSignal],
            read: { arguments throws(APIError) in
                switch (arguments.signal, arguments.text("signal")) {
                case (let name?, nil), (nil, let name?):
                    return .request(.signal(arguments.selection, name: name))
                case (nil, nil):
                    throw .badRequest(
                        "No signal is named.",
                        hint: #"Send {"signal": "TERM"} or ?signal=TERM."#
                    )
                case (_?, _?):
                    throw .badRequest("The signal is named twice, in the body and in the query.")
                }
            },
            write: {
                guard case .request(.signal(let selection, let name)) = $0 else { return nil }
                return Arguments(names: selection.patterns, signal: name)
            }
        ),
        Route(
            .post,
            "/v1/programs/{names}/clear",
            "clearLogs",
            "Empty the logs of programs.",
            errors: unknown + [.failed],
            read: { .request(.clear($0.selection)) },
            write: {
                guard case .request(.clear(let selection)) = $0 else { return nil }
                return Arguments(names: selection.patterns)
            }
        ),
    ]

    private static let input: [Route] = [
        Route(
            .post,
            "/v1/programs/{name}/stdin",
            "sendInput",
            "Write to the standard input of a program.",
            body: .bytes,
            errors: [.noSuchProcess, .notRunning, .noInput, .overloaded, .failed],
            read: { .request(.sendInput(name: $0.names[0], bytes: $0.bytes)) },
            write: {
                guard case .request(.sendInput(let name, let bytes)) = $0 else { return nil }
                return Arguments(names: [name], bytes: bytes)
            }
        )
    ]

    private static let logs: [Route] = [
        Route(
            .get,
            "/v1/programs/{name}/logs/{channel}",
            "readLog",
            "The end of a program's log.",
            query: [bytes, follow, from],
            errors: unreadable,
            read: { arguments throws(APIError) in
                guard let channel = arguments.channel else {
                    throw APIError(.notFound, "No such log.")
                }
                return try stream(
                    of: .program(name: arguments.names[0], channel: channel),
                    arguments
                )
            },
            write: {
                guard let (log, query) = query(of: $0), case .program(let name, let channel) = log
                else { return nil }
                return Arguments(names: [name], channel: channel, query: query)
            }
        ),
        Route(
            .get,
            "/v1/daemon/log",
            "readDaemonLog",
            "The end of the daemon's activity log.",
            query: [bytes, follow, from],
            errors: unreadable,
            read: { arguments throws(APIError) in try stream(of: .daemon, arguments) },
            write: {
                guard let (log, query) = query(of: $0), log == .daemon else { return nil }
                return Arguments(query: query)
            }
        ),
        Route(
            .get,
            "/v1/events",
            "streamEvents",
            "What happens, as it happens.",
            query: [
                QueryParameter(
                    name: "types",
                    kind: .list(default: []),
                    summary: "Which events; without it, all but TICK and PROCESS_LOG."
                ),
                QueryParameter(
                    name: "after",
                    kind: .serial,
                    summary: "The serial of the last event that is known already."
                ),
            ],
            read: {
                let selection = EventSelection(types: $0.list("types"), after: $0.serial("after"))
                return .stream(.events(selection))
            },
            write: {
                guard case .stream(.events(let selection)) = $0 else { return nil }
                var query: [String: QueryValue] = ["types": .list(selection.types)]
                query["after"] = selection.after.map { .serial($0) }
                return Arguments(query: query)
            }
        ),
        Route(
            .post,
            "/v1/events",
            "emitEvent",
            "Tell all listeners something.",
            body: .event,
            read: { arguments throws(APIError) in
                guard let event = arguments.event else {
                    throw .badRequest(
                        "There is nothing to tell.",
                        hint: #"Send {"type": "TYPE", "data": "TEXT"}."#
                    )
                }
                return .request(.emit(type: event.type, data: event.data))
            },
            write: {
                guard case .request(.emit(let type, let data)) = $0 else { return nil }
                return Arguments(event: EventBody(type: type, data: data))
            }
        ),
    ]

    private static let daemon: [Route] = [
        Route(.get, "/v1/daemon", "getDaemon", "The daemon about itself.", .daemon),
        Route(
            .post,
            "/v1/daemon/reload",
            "reloadDaemon",
            "Read the configuration again and apply what differs, or nothing at all.",
            .reload,
            errors: planning
        ),
        Route(
            .post,
            "/v1/daemon/restart",
            "restartAll",
            "Take up the file, then start anew what starts by itself and stop the rest.",
            .restartAll,
            errors: planning
        ),
        Route(
            .post,
            "/v1/daemon/shutdown",
            "shutDown",
            "Stop every program and end the daemon.",
            .shutdown
        ),
        Route(
            .post,
            "/v1/daemon/reopen-logs",
            "reopenLogs",
            "Close and open every log file again.",
            .reopenLogs
        ),
        Route(
            .post,
            "/v1/daemon/log/clear",
            "clearDaemonLog",
            "Empty the activity log.",
            .clearDaemonLog,
            errors: [.noLogFile, .failed]
        ),
        Route(
            .post,
            "/v1/upgrade",
            "upgrade",
            "Replace the daemon by another executable; programs run on.",
            query: [
                QueryParameter(
                    name: "path",
                    kind: .path,
                    summary: "The executable; without it, the daemon's own file as it is now."
                )
            ],
            errors: [.failed],
            read: { .request(.upgrade(path: $0.path("path"))) },
            write: {
                guard case .request(.upgrade(let path)) = $0 else { return nil }
                return Arguments(query: path.map { ["path": .path($0)] } ?? [:])
            }
        ),
    ]

    private static func command(
        _ verb: String,
        _ id: String,
        _ summary: String,
        _ errors: [APIError.Code],
        _ make: @escaping @Sendable (Selection, Bool) -> Request,
        _ parts: @escaping @Sendable (Request) -> (Selection, Bool)?
    ) -> Route {
        Route(
            .post,
            "/v1/programs/{names}/\(verb)",
            id,
            summary,
            query: [wait],
            errors: errors,
            read: { .request(make($0.selection, $0.flag("wait"))) },
            write: {
                guard case .request(let request) = $0, let (selection, wait) = parts(request) else {
                    return nil
                }
                return Arguments(names: selection.patterns, query: ["wait": .flag(wait)])
            }
        )
    }
}
