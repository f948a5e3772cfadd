// SPDX-License-Identifier: Apache-2.0

/// A function body in a source file.
struct FunctionLength: CustomStringConvertible {
    let path: String
    let firstLine: Int
    let lines: Int

    var description: String { "\(path):\(firstLine): \(lines) lines" }
}

extension CodeFile {
    /// Each function, initialiser and computed body with a declaration of its own, and how many
    /// lines it takes from its first line to its closing brace.
    var functions: [FunctionLength] {
        var open: [(line: Int, isFunction: Bool)] = []
        var declaration: Int?
        var found: [FunctionLength] = []
        for (number, line) in bareLines.enumerated() {
            if startsFunction(line, depth: open.count) { declaration = number }
            for character in line {
                switch character {
                case "{":
                    open.append((declaration ?? number, declaration != nil))
                    declaration = nil
                case "}":
                    guard let (first, isFunction) = open.popLast() else { continue }
                    if isFunction {
                        let lines = number - first + 1
                        found.append(
                            FunctionLength(path: path, firstLine: first + 1, lines: lines)
                        )
                    }
                default: break
                }
            }
        }
        return found
    }

    private func startsFunction(_ line: Substring, depth: Int) -> Bool {
        if isSwift {
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            guard let first = words.firstIndex(where: { !Self.modifiers.contains($0) }) else {
                return false
            }
            return ["func", "init", "deinit", "subscript"].contains(words[first])
        }
        // A function of C starts at the left edge of a line that has a parameter list.
        let first = line.first ?? " "
        return depth == 0 && (first.isLetter || first == "_") && line.contains("(")
    }

    private static let modifiers: Set<Substring> = [
        "package", "public", "internal", "private", "fileprivate", "static", "mutating",
        "consuming", "borrowing", "nonmutating", "override", "final", "convenience", "required",
        "discardableResult", "inlinable", "inline", "__always", "usableFromInline", "nonisolated",
        "Test", "Suite",
    ]
}
