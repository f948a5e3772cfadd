// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// One text file of the repository.
struct TextFile: Sendable, CustomStringConvertible {
    /// The path from the root of the repository.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var name: Substring { path.split(separator: "/").last ?? "" }
    /// `Supervision` for `Sources/Supervision/Fleet.swift`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var description: String { path }

    /// How many lines the file has, a last one without a newline included.
    var lineCount: Int {
        text.isEmpty ? 0 : lines.count - (text.hasSuffix("\n") ? 1 : 0)
    }
}

/// A Swift or C file with its text cleared of comments and strings.
struct CodeFile: Sendable, CustomStringConvertible {
    let file: TextFile
    let bare: String

    var path: String { file.path }
    var target: String { file.target }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var description: String { path }
    var bareLines: [Substring] { bare.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Where `word` stands by itself (not inside a longer name), as `path:line`.
    func places(of word: String) -> [String] {
        bareLines.enumerated().compactMap { number, line in
            contains(line, word: word) ? "\(path):\(number + 1)" : nil
        }
    }

    private func contains(_ line: Substring, word: String) -> Bool {
        line.ranges(of: word).contains { range in
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...].first
            let startsInName = word.first.map(isNameCharacter) ?? false
            let endsInName = word.last.map(isNameCharacter) ?? false
            return !(startsInName && before.map(isNameCharacter) ?? false)
                && !(endsInName && after.map(isNameCharacter) ?? false)
        }
    }

    private func isNameCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}

/// The repository as the tests see it: read once, shared by all.
enum SourceTree {
    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Every text file under version control, more or less: all that is not built.
    static let files: [TextFile] = {
        let manager = FileManager.default
        let top = (try? manager.contentsOfDirectory(atPath: root)) ?? []
        let skipped: Set<String> = [".git", ".build", "build"]
        var found: [TextFile] = []
        for entry in top.sorted() where !skipped.contains(entry) {
            let below = (try? manager.subpathsOfDirectory(atPath: "\(root)/\(entry)")) ?? []
            let paths = below.isEmpty ? [entry] : below.sorted().map { "\(entry)/\($0)" }
            for path in paths {
                guard let text = try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
                else { continue }
                found.append(TextFile(path: path, text: text))
            }
        }
        return found
    }()

    static let code: [CodeFile] =
        files
        .filter { file in [".swift", ".c", ".h"].contains { file.path.hasSuffix($0) } }
        .map { CodeFile(file: $0, bare: BareSource.of($0.text)) }

    static let sources = code.filter { $0.path.hasPrefix("Sources/") }
    static let tests = code.filter { $0.path.hasPrefix("Tests/") }

    /// The targets that others import: those with no program of their own and not from C.
    static let libraries: [String] = {
        let programs = Set(
            sources.filter { $0.file.name == "main.swift" || !$0.places(of: "@main").isEmpty }
                .map(\.target)
        )
        return Set(sources.filter(\.isSwift).map(\.target)).subtracting(programs).sorted()
    }()

    /// Whether there is a file or a folder of this name.
    static func has(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(root)/\(path)")
    }

    /// The file at `path`, or an empty one.
    static func file(_ path: String) -> TextFile {
        files.first { $0.path == path } ?? TextFile(path: path, text: "")
    }
}
