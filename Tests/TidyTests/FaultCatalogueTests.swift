// SPDX-License-Identifier: Apache-2.0

import Testing

/// A row of a table in docs/faults.md.
private struct FaultRow: CustomStringConvertible {
    let number: Substring
    let answer: Substring
    let proof: Substring
    var description: String { "\(number)" }

    /// What stands between backticks in the last column.
    var citations: [Substring] {
        let parts = proof.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }
}

@Suite("The catalogue of faults")
struct FaultCatalogueTests {
    private static let rows: [FaultRow] = SourceTree.file("docs/faults.md").lines
        .filter { $0.hasPrefix("| ") }
        .compactMap { line in
            let cells = line.split(separator: "|").map { cell in
                cell.drop { $0 == " " }
            }
            guard cells.count >= 4 else { return nil }
            let number = cells[0].prefix { $0 != " " }
            let isRow = number.last?.isNumber == true
            return isRow ? FaultRow(number: number, answer: cells[2], proof: cells[3]) : nil
        }

    /// Every `Suite.function` of the tests.
    private static let tests: Set<String> = {
        var found: Set<String> = []
        for file in SourceTree.tests where file.isSwift {
            var suite = ""
            for line in file.bareLines {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                for (keyword, name) in zip(words, words.dropFirst()) {
                    if keyword == "struct", name.hasSuffix("Tests") { suite = "\(name)" }
                    if keyword == "func" { found.insert("\(suite).\(name)") }
                }
            }
        }
        return found
    }()

    @Test("has a row for each fault and each requirement, and each but once")
    func complete() {
        let expected = (1...112).map { "\($0)" } + (1...41).map { "S\($0)" }
        #expect(Self.rows.map { "\($0.number)" } == expected)
    }

    @Test("says of each what is done, and which test shows it or why none does")
    func answered() {
        for row in Self.rows {
            #expect(row.answer.count > 4, "\(row) does not say what swisord does")
            let isExcused = row.proof.hasPrefix("not here: ") || row.proof.hasPrefix("later: ")
            #expect(isExcused || !row.citations.isEmpty, "\(row) names no test and no reason")
        }
    }

    @Test("names tests and targets that exist")
    func citations() {
        let targets = Set(
            SourceTree.file("Makefile").lines.compactMap { line in
                line.first?.isLetter == true ? line.split(separator: ":").first : nil
            }
        )
        for row in Self.rows {
            for citation in row.citations {
                let exists: Bool
                if citation.hasPrefix("make ") {
                    exists = targets.contains(citation.dropFirst("make ".count))
                } else {
                    exists = Self.tests.contains("\(citation)")
                }
                #expect(exists, "\(row): there is no \(citation)")
            }
        }
    }

    @Test("names inputs that exist, of the tests that take many")
    func inputs() throws {
        for row in Self.rows {
            for match in row.proof.matches(of: /`(\w+Tests\.\w+)` \(([^)]*)\)/) {
                let names = match.2.split(separator: ",").map { $0.drop { $0 == " " } }
                for name in names {
                    let path: String
                    switch match.1 {
                    case "FixtureTests.invalid":
                        path = "Tests/ConfigurationTests/Fixtures/invalid/\(name).yaml"
                    case "CorpusTests.saved": path = "Tests/Corpus/\(name)"
                    default:
                        Issue.record("\(row): \(match.1) takes no inputs")
                        continue
                    }
                    #expect(SourceTree.has(path), "\(row): there is no \(path)")
                }
            }
        }
    }

    @Test("names cases of the containers that exist")
    func containers() {
        let script = SourceTree.file("scripts/containers").text
        for row in Self.rows {
            for match in row.proof.matches(of: /`make containers` \(([^)]*)\)/) {
                for name in match.1.split(separator: ",").map({ $0.drop { $0 == " " } }) {
                    let exists = [" ", "\n", "\""].contains { script.contains(" \(name)\($0)") }
                    #expect(exists, "\(row): scripts/containers has no case \(name)")
                }
            }
        }
    }
}
