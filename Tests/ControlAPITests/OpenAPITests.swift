// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import YAML

@testable import ControlAPI

@Suite("The OpenAPI file")
struct OpenAPITests {
    private let root: Node

    init() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(folder)/docs/openapi.yaml"
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        let document = Document(parsing: Array(bytes.prefix(count)), file: path)
        #expect(document.problems.isEmpty)
        root = try #require(document.root)
    }

    /// What a `$ref` stands for.
    private func resolve(_ node: Node?) throws -> Node {
        guard let text = node?["$ref"]?.scalar?.text else { return try #require(node) }
        var found: Node? = root
        for key in text.dropFirst(2).split(separator: "/") { found = found?[String(key)] }
        return try #require(found, "\(text) is not there")
    }

    private func keys(_ node: Node?) -> [String] { node?.mapping?.map(\.key) ?? [] }

    private func schema(_ name: String) throws -> Node {
        try #require(root["components"]?["schemas"]?[name])
    }

    @Test("has the routes of the table and no others")
    func routes() {
        let described = keys(root["paths"]).flatMap { path in
            keys(root["paths"]?[path]).map { "\($0) \(path)" }
        }
        let real = Routes.all.map { "\($0.method.rawValue.lowercased()) \($0.path)" }
        #expect(described.sorted() == real.sorted())
    }

    @Test("describes each route as it is", arguments: Routes.all.map(\.id))
    func route(id: String) throws {
        let route = try #require(Routes.all.first { $0.id == id })
        let operation = try #require(
            root["paths"]?[route.path]?[route.method.rawValue.lowercased()]
        )
        #expect(operation["operationId"]?.scalar?.text == route.id)
        #expect(operation["summary"]?.scalar?.text == route.summary)
        #expect(
            keys(operation["requestBody"]?["content"])
                == (route.body.map { [$0.contentType] } ?? [])
        )
        let statuses = Set(keys(operation["responses"]))
        #expect(statuses == Set(route.statuses.map { String($0) } + ["default"]))
        for status in statuses { _ = try resolve(operation["responses"]?[status]) }

        let parameters = try (operation["parameters"]?.sequence ?? []).map { try resolve($0) }
        func names(in place: String) -> Set<String> {
            Set(
                parameters.filter { $0["in"]?.scalar?.text == place }
                    .compactMap { $0["name"]?.scalar?.text }
            )
        }
        #expect(names(in: "query") == Set(route.query.map(\.name)))
        let variables = route.path.split(separator: "/").filter { $0.hasPrefix("{") }
        #expect(names(in: "path") == Set(variables.map { String($0.dropFirst().dropLast()) }))
        for parameter in route.query {
            let node = try #require(
                parameters.first { $0["name"]?.scalar?.text == parameter.name }
            )
            #expect(node["description"]?.scalar?.text == parameter.summary)
            try check(node["schema"], of: parameter)
        }
    }

    private func check(_ schema: Node?, of parameter: QueryParameter) throws {
        let type = schema?["type"]?.scalar?.text
        let standard = schema?["default"]?.scalar?.text
        switch parameter.kind {
        case .flag(let value):
            #expect(type == "boolean")
            #expect(standard == String(value))
        case .bytes(let value):
            #expect(type == "integer")
            #expect(standard == String(value))
            #expect(schema?["minimum"]?.scalar?.text == "0")
            #expect(schema?["maximum"]?.scalar?.text == String(QueryParameter.bytesLimit))
        case .offset(let value):
            #expect(type == "integer")
            #expect(standard == String(value))
        case .list(let value):
            #expect(type == "string")
            #expect(standard == (value.isEmpty ? nil : value.joined(separator: ",")))
        case .text, .path: #expect(type == "string")
        case .serial: #expect(type == "integer")
        }
    }

    private struct Model {
        let name: String
        let json: [UInt8]
        /// The same value with everything left out that may be.
        let sparse: [UInt8]
    }

    private func models() throws -> [Model] {
        func model(_ name: String, _ full: some Encodable, _ sparse: some Encodable) throws
            -> Model
        {
            Model(
                name: name,
                json: try JSONCoding.encode(full),
                sparse: try JSONCoding.encode(sparse)
            )
        }
        let failed = Response.command(CommandReport(results: [Filled.result]))
        let failure = HTTPAnswer(.failure(Filled.error), to: .request(.daemon)).body
        let report = HTTPAnswer(failed, to: .request(.clear(.all))).body
        return try [
            model("Program", Filled.program, bareProgram),
            model(
                "Exit",
                Filled.exit,
                ProcessInfo.Exit(
                    code: nil,
                    signal: nil,
                    signalName: nil,
                    coreDumped: false,
                    text: "?"
                )
            ),
            model("Member", Filled.member, Filled.member),
            model("Listener", Filled.listener, Filled.listener),
            model("Log", Filled.log, ProcessInfo.Log(path: nil)),
            model(
                "ProgramList",
                ProgramList(programs: [], alarms: ["fire"], at: 1.5),
                ProgramList(programs: [])
            ),
            model("CommandReport", CommandReport(results: []), CommandReport(results: [])),
            model(
                "CommandResult",
                Filled.result,
                CommandResult(name: "", group: "", action: .listed)
            ),
            model("Daemon", Filled.daemon, bareDaemon), model("Plan", Filled.plan, ReloadPlan()),
            model("Step", Filled.step, Filled.step),
            model("Available", Filled.available, Filled.available),
            model(
                "ConfiguredList",
                ConfiguredList(configured: []),
                ConfiguredList(configured: [])
            ),
            model("Configured", Filled.configured, bareConfigured),
            model("ConfiguredLog", Filled.configuredLog, ConfiguredProcess.Log(.none)),
            model("Event", Filled.note, EventNote(serial: 0, type: .reload, at: 0)),
            model("LogPiece", Filled.piece, Filled.piece),
            model("Error", Filled.error, APIError(.failed, "")),
            Model(
                name: "Emission",
                json: JSONCoding.encode(EventBody(type: "a", data: "b")),
                sparse: Array(#"{"type":"a"}"#.utf8)
            ),
            model("Guardian", Filled.guardian, DaemonInfo.Guardian(state: .off)),
            model("Upgrade", Filled.upgrade, bareUpgrade),
            Model(name: "ErrorBody", json: failure, sparse: failure),
            Model(name: "FailedReport", json: report, sparse: report),
            Model(
                name: "Signal",
                json: JSONCoding.encodeSignal("HUP"),
                sparse: JSONCoding.encodeSignal("HUP")
            ),
        ]
    }

    private var bareProgram: ProcessInfo {
        ProcessInfo(name: "", group: "", state: "STOPPED", stateCode: 0, description: "")
    }

    private var bareConfigured: ConfiguredProcess {
        ConfiguredProcess(
            name: "",
            group: "",
            program: "",
            inUse: false,
            arguments: [],
            stdout: Filled.configuredLog,
            stderr: Filled.configuredLog
        )
    }

    private var bareDaemon: DaemonInfo {
        var daemon = Filled.daemon
        daemon.reloadError = nil
        daemon.changedFiles = nil
        daemon.lastCrash = nil
        daemon.lastUpgrade = nil
        return daemon
    }

    private var bareUpgrade: DaemonInfo.Upgrade {
        var upgrade = Filled.upgrade
        upgrade.error = nil
        return upgrade
    }

    @Test("has a schema for every model, with its properties and what is always there")
    func schemas() throws {
        let models = try models()
        #expect(Set(keys(root["components"]?["schemas"])) == Set(models.map(\.name)))
        for model in models {
            let schema = try schema(model.name)
            let real = Document(parsing: model.json, file: model.name).root
            let always = Document(parsing: model.sparse, file: model.name).root
            #expect(Set(keys(schema["properties"])) == Set(keys(real)), "\(model.name)")
            let required = schema["required"]?.sequence?.compactMap { $0.scalar?.text } ?? []
            #expect(Set(required) == Set(keys(always)), "\(model.name)")
            for key in keys(real) {
                try compare(real?[key], with: schema["properties"]?[key], "\(model.name).\(key)")
            }
        }
    }

    /// Whether a value is of the type that the schema tells.
    private func compare(_ value: Node?, with schema: Node?, _ place: String) throws {
        let type = try resolve(schema)["type"]?.scalar?.text
        switch value?.content {
        case .mapping: #expect(type == "object", "\(place)")
        case .sequence: #expect(type == "array", "\(place)")
        case .scalar(let scalar) where scalar.isQuoted: #expect(type == "string", "\(place)")
        case .scalar(let scalar) where ["true", "false"].contains(scalar.text):
            #expect(type == "boolean", "\(place)")
        case .scalar: #expect(type == "integer" || type == "number", "\(place)")
        case nil: Issue.record("\(place) is not in the model")
        }
    }

    @Test("lists the values of every closed list")
    func enumerations() throws {
        func listed(_ schema: String, _ key: String) throws -> [String] {
            let node = try self.schema(schema)["properties"]?[key]
            return node?["enum"]?.sequence?.compactMap { $0.scalar?.text } ?? []
        }
        #expect(try listed("Error", "code") == APIError.Code.allCases.map(\.rawValue))
        #expect(try listed("Event", "type") == EventNote.Kind.allCases.map(\.rawValue))
        let channel = root["components"]?["parameters"]?["Channel"]?["schema"]?["enum"]
        #expect(
            channel?.sequence?.compactMap { $0.scalar?.text }
                == LogSource.Channel.allCases.map(\.rawValue)
        )
        let actions = try listed("CommandResult", "action")
        #expect(actions.count == 8)
        #expect(actions.allSatisfy { CommandResult.Action(rawValue: $0) != nil })
        #expect(
            try listed("ConfiguredLog", "destination")
                == ConfiguredProcess.Log.Destination.allCases.map(\.rawValue)
        )
        let steps = try listed("Step", "action")
        #expect(steps.count == 6)
        #expect(steps.allSatisfy { ReloadPlan.Action(rawValue: $0) != nil })
        #expect(
            try listed("Guardian", "state") == DaemonInfo.Guardian.State.allCases.map(\.rawValue)
        )
        let states = try listed("Daemon", "state")
        #expect(states.count == 2)
        #expect(states.allSatisfy { DaemonInfo.State(rawValue: $0) != nil })
    }

    @Test("uses every part that it defines, and defines every part that it uses")
    func references() throws {
        var used: Set<String> = []
        func visit(_ node: Node) throws {
            if let text = node["$ref"]?.scalar?.text {
                used.insert(text)
                _ = try resolve(node)
            }
            for entry in node.mapping ?? [] { try visit(entry.value) }
            for item in node.sequence ?? [] { try visit(item) }
        }
        try visit(root)
        for kind in keys(root["components"]) {
            for name in keys(root["components"]?[kind]) {
                #expect(used.contains("#/components/\(kind)/\(name)"))
            }
        }
    }
}
