// SPDX-License-Identifier: Apache-2.0

import Testing

/// What a target may import: the arrows of ARCHITECTURE.md.
struct ImportRule: Sendable, CustomTestStringConvertible {
    let target: String
    let allowed: Set<String>

    var testDescription: String { target }

    init(_ target: String, _ allowed: Set<String>) {
        self.target = target
        self.allowed = allowed
    }

    /// What single files need beyond the table, and why.
    static let exceptions: [String: Set<String>] = [
        // The client waits for its socket; the contract itself stays free of the system.
        "Sources/ControlAPI/ClientSocket.swift": ["Glibc"]
    ]

    private static let nio: Set<String> = ["NIOCore", "NIOPosix", "NIOHTTP1"]

    static let all = [
        ImportRule("CArguments", []),
        ImportRule("CSpawn", []),
        ImportRule("CYaml", []),
        ImportRule("CEdit", []),
        ImportRule("CExpat", []),
        ImportRule("Supervision", ["HeapModule", "OrderedCollections"]),
        ImportRule("YAML", ["CYaml"]),
        ImportRule("Configuration", ["YAML", "Supervision", "OrderedCollections", "Glibc"]),
        ImportRule("Import", ["Configuration", "Supervision"]),
        ImportRule(
            "Platform",
            ["CSpawn", "Supervision", "SystemPackage", "Glibc", "Synchronization"]
        ),
        ImportRule(
            "Logs",
            [
                "Platform", "Supervision", "SystemPackage", "DequeModule", "Logging", "Glibc",
                "Synchronization",
            ]
        ),
        ImportRule(
            "ControlAPI",
            [
                "NIOCore", "NIOEmbedded", "NIOHTTP1", "FoundationEssentials", "Glibc",
                "Synchronization",
            ]
        ),
        ImportRule("XMLRPC", ["ControlAPI", "CExpat"]),
        ImportRule(
            "ControlServer",
            nio.union(["ControlAPI", "XMLRPC", "Glibc", "Synchronization"])
        ),
        ImportRule(
            "swisord",
            [
                "Configuration", "Supervision", "Platform", "Logs", "ControlAPI", "ControlServer",
                "ArgumentParser", "SystemPackage", "Logging", "OrderedCollections", "Glibc",
                "Synchronization",
            ]
        ),
        ImportRule(
            "swisordctl",
            [
                "ControlAPI", "Configuration", "Import", "CArguments", "CEdit", "ArgumentParser",
                "Glibc",
                "Synchronization",
            ]
        ),
    ]
}

extension CodeFile {
    /// The modules that the file imports.
    var imports: [String] {
        bareLines.compactMap { line in
            let words = line.split(separator: " ")
            guard isSwift, let keyword = words.firstIndex(of: "import") else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "var"]
            let module = words.dropFirst(keyword + 1).first { !kinds.contains($0) }
            return module.map { String($0.prefix { $0 != "." }) }
        }
    }
}

@Suite("The direction of imports")
struct ImportTests {
    @Test("is that of the table", arguments: ImportRule.all)
    func direction(rule: ImportRule) {
        for file in SourceTree.sources where file.target == rule.target {
            let beyond = Set(file.imports).subtracting(rule.allowed)
                .subtracting(ImportRule.exceptions[file.path] ?? [])
            #expect(beyond.isEmpty, "\(file) imports what \(rule.target) may not")
        }
    }

    @Test("is decided for every target")
    func complete() {
        let targets = Set(SourceTree.sources.map(\.target))
        #expect(targets.subtracting(ImportRule.all.map(\.target)).isEmpty)
        #expect(targets.contains("Supervision"))
    }

    @Test(
        "brings each C module into one target",
        arguments: ["CArguments", "CSpawn", "CYaml", "CEdit", "CExpat"]
    )
    func cModules(module: String) {
        let importers = Set(
            SourceTree.sources.filter { $0.imports.contains(module) }.map(\.target)
        )
        #expect(importers.count <= 1, "one target wraps it for all: \(importers.sorted())")
    }

    @Test("brings Foundation nowhere but its essentials into the JSON file")
    func foundation() {
        let essentials = SourceTree.sources.filter { $0.imports.contains("FoundationEssentials") }
        #expect(essentials.count <= 1, "\(essentials.map(\.path)): JSON stands in one file")
        let whole = SourceTree.code.filter { file in
            !Set(file.imports).isDisjoint(with: ["Foundation", "FoundationNetworking", "Dispatch"])
        }
        #expect(whole.isEmpty, "full Foundation costs the daemon megabytes")
    }
}
