// SPDX-License-Identifier: Apache-2.0

import Testing

/// Something that the sources may not contain.
struct Ban: Sendable, CustomTestStringConvertible {
    let word: String
    /// The targets it is banned from; empty means all.
    var targets: Set<String> = []
    let reason: String

    var testDescription: String { word }

    /// The targets whose threads own what they touch, and wait in their own loop only.
    static let core: Set<String> = ["Supervision", "Platform", "Logs", "swisord"]
    static let libraries: Set<String> = Set(SourceTree.libraries)

    static let all: [Ban] = [
        Ban(word: "@unchecked", reason: "what crosses threads is checked"),
        Ban(word: "nonisolated(unsafe)", reason: "one thread owns each thing"),
        Ban(word: "DispatchQueue", reason: "the threads are ours"),
        Ban(word: "async", targets: core, reason: "the core and the logs have their own loop"),
        Ban(word: "await", targets: core, reason: "the core and the logs have their own loop"),
        Ban(word: "try!", reason: "an error is handled, not a crash"),
        Ban(word: "as!", reason: "an error is handled, not a crash"),
        Ban(word: "fatalError(", reason: "the daemon stays up"),
        Ban(word: "print(", targets: libraries, reason: "a library has no terminal"),
    ]
}

@Suite("The budgets of the architecture")
struct BudgetTests {
    @Test("hold for what the sources may not contain", arguments: Ban.all)
    func bans(ban: Ban) {
        let files = SourceTree.sources.filter {
            ban.targets.isEmpty || ban.targets.contains($0.target)
        }
        #expect(!files.isEmpty)
        let places = files.flatMap { $0.places(of: ban.word) }
        #expect(places.isEmpty, "'\(ban.word)' is out: \(ban.reason)")
    }

    @Test("hold for the length of files")
    func fileLengths() {
        let long = SourceTree.code.filter { $0.file.lineCount > 400 }
            .map { "\($0.path): \($0.file.lineCount) lines" }
        #expect(long.isEmpty, "a file is one idea, at most 400 lines")
    }

    @Test("hold for the length of functions")
    func functionLengths() {
        let functions = SourceTree.code.flatMap(\.functions)
        #expect(functions.count > 50)
        let long = functions.filter { $0.lines > 70 }.map(\.description)
        #expect(long.isEmpty, "a function fits a screen, at most 70 lines")
    }

    @Test("hold for the names of types")
    func typeNames() {
        let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        let vague = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities"]
        for file in SourceTree.code where file.isSwift {
            for line in file.bareLines {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                for (kind, name) in zip(words, words.dropFirst()) where kinds.contains(kind) {
                    let isVague = vague.contains { name.hasSuffix($0) }
                    #expect(!isVague, "\(file): '\(name)' does not say what it is")
                }
            }
        }
    }

    @Test("hold for tests, which wait for conditions and never sleep")
    func sleeplessTests() {
        let sleeps = ["sleep(", "usleep(", "nanosleep(", "Task.sleep", "Thread.sleep"]
        for file in SourceTree.tests {
            // The pause between two looks at a condition is the one place for it.
            let waits = file.functions.filter { $0.name == "eventually" }
            for place in sleeps.flatMap({ file.places(of: $0) }) {
                let line = place.split(separator: ":").last.flatMap { Int($0) } ?? 0
                let isBetweenLooks = waits.contains {
                    ($0.firstLine..<$0.firstLine + $0.lines).contains(line)
                }
                #expect(isBetweenLooks, "\(place): wait with 'eventually' and a deadline")
            }
        }
    }

    @Test("hold for time limits of tests, which only end what hangs")
    func patientTests() {
        // A limit counts the time in which a test waits for a processor, on a busy machine minutes.
        for file in SourceTree.tests {
            for minutes in 1..<10 {
                let places = file.places(of: ".timeLimit(.minutes(\(minutes)))")
                #expect(places.isEmpty, "\(places): give it ten minutes")
            }
        }
    }
}
