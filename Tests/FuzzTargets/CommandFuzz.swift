// SPDX-License-Identifier: Apache-2.0

import Configuration
import Supervision

/// Command lines, and the patterns that name processes.
enum CommandFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) {
        let line = String(decoding: bytes, as: UTF8.self)
        if let words = try? CommandWords.split(line) {
            let texts = words.map(\.text)
            _ = CommandWords.shellSyntax(in: words)
            let quoted = texts.map(quote).joined(separator: " ")
            let again = try? CommandWords.split(quoted).map(\.text)
            try require(again == texts, "\(texts) became \(String(describing: again))")
        }
        let halves = line.split(separator: "\n", maxSplits: 1)
        guard halves.count == 2 else { return }
        let selector = ProcessSelector(String(halves[0].prefix(200)))
        let text = String(halves[1].prefix(200))
        _ = selector.matches(ProcessName(group: text, process: text))
        let name = selector.name
        if selector.isPlain {
            try require(selector.matches(name), "'\(selector.pattern)' does not match itself")
        }
    }

    private static func quote(_ word: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in word.unicodeScalars {
            text.append(contentsOf: scalar == "'" ? Array("'\\''".unicodeScalars) : [scalar])
        }
        return "'" + String(text) + "'"
    }
}
