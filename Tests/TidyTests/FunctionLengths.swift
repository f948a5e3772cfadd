// SPDX-License-Identifier: Apache-2.0

/// A function body in a source file.
struct FunctionLength: CustomStringConvertible {
    let path: String
    let name: String
    let firstLine: Int
    let lines: Int

    var description: String { "\(path):\(firstLine): \(lines) lines" }
}

extension CodeFile {
    /// Each function, initialiser and computed body with a declaration of its own, and how many
    /// lines it takes from its first line to its closing brace.
    var functions: [FunctionLength] {
        var open: [(line: Int, function: String?)] = []
        var declaration: (line: Int, name: String)?
        var found: [FunctionLength] = []
        for (number, line) in bareLines.enumerated() {
            if let name = functionStarting(in: line, depth: open.count) {
                declaration = (number, name)
            }
            for character in line {
                switch character {
                case "{":
                    open.append((declaration?.line ?? number, declaration?.name))
                    declaration = nil
                case ";" where !isSwift && open.isEmpty: declaration = nil
                case "}":
                    // A requirement of a protocol has no body; what follows is not its own.
                    declaration = nil
                    guard let (first, name) = open.popLast(), let name else { continue }
                    found.append(
                        FunctionLength(
                            path: path,
                            name: name,
                            firstLine: first + 1,
                            lines: number - first + 1
                        )
                    )
                default: break
                }
            }
        }
        return found
    }

    /// The name of the function whose declaration begins in the line, if one does.
    private func functionStarting(in line: Substring, depth: Int) -> String? {
        let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        guard isSwift else {
            // A function of C starts at the left edge of a line that has a parameter list.
            let first = line.first ?? " "
            let starts = depth == 0 && (first.isLetter || first == "_") && line.contains("(")
            return starts ? words.joined(separator: " ") : nil
        }
        guard let first = words.firstIndex(where: { !Self.modifiers.contains($0) }) else {
            return nil
        }
        switch words[first] {
        case "func": return words.dropFirst(first + 1).first.map(String.init) ?? "operator"
        case "init", "deinit", "subscript": return String(words[first])
        default: return nil
        }
    }

    private static let modifiers: Set<Substring> = [
        "package", "public", "internal", "private", "fileprivate", "static", "mutating",
        "consuming", "borrowing", "nonmutating", "override", "final", "convenience", "required",
        "discardableResult", "inlinable", "inline", "__always", "usableFromInline", "nonisolated",
        "Test", "Suite",
    ]
}
