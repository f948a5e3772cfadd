// SPDX-License-Identifier: Apache-2.0

import YAML

extension Loading {
    /// A directory that matches by mistake should not be read file by file for hours.
    private static let mostFiles = 1000

    /// Reads the files that `include` of the main file names, in the order of its patterns.
    mutating func include(from main: LoadedFile, daemon: DraftDaemon) -> [LoadedFile] {
        guard let node = main.section("include")?.value else { return [] }
        guard let patterns = node.sequence ?? (node.scalar != nil ? [node] : nil) else {
            complaints.error(
                "'include' takes a list of paths such as [conf.d/*.yaml], not \(node.kindName)",
                at: node.mark
            )
            return []
        }
        var files: [LoadedFile] = []
        var seen: Set<String> = [inquiry.resolved(main.path) ?? main.path]
        for pattern in patterns {
            for path in paths(matching: pattern, main: main, daemon: daemon) {
                guard seen.insert(inquiry.resolved(path) ?? path).inserted else { continue }
                guard seen.count <= Loading.mostFiles else {
                    complaints.error(
                        "'include' names more than \(Loading.mostFiles) files",
                        at: pattern.mark
                    )
                    return files
                }
                let display = display(of: path, beside: main)
                if let file = loadFile(path: path, display: display, isMain: false) {
                    checkSections(of: file)
                    files.append(file)
                }
            }
        }
        return files
    }

    private mutating func paths(
        matching node: Node,
        main: LoadedFile,
        daemon: DraftDaemon
    ) -> [String] {
        guard let scalar = node.scalar, !scalar.text.isEmpty else {
            complaints.error(
                "'include' takes a list of paths such as [conf.d/*.yaml], not \(node.kindName)",
                at: node.mark
            )
            return []
        }
        let template = Template(scalar.text, at: node.mark, isLiteral: scalar.isPlain)
        let expansion = expansion(here: main.directory, over: daemon.settings.environment)
        guard let text = expand(template, with: expansion),
            let pattern = path(text, at: node.mark, in: main.directory)
        else { return [] }
        do throws(FileSystem.Refused) {
            let found = try inquiry.matches(of: pattern)
            if found.isEmpty {
                complaints.warning("no file matches \(quoted(scalar.text))", at: node.mark)
            }
            return found
        } catch {
            complaints.error(
                "cannot include \(quoted(scalar.text)): \(error.reason)",
                at: node.mark
            )
            return []
        }
    }

    /// The path of an included file as it would be written beside the way the main file was.
    private func display(of path: String, beside main: LoadedFile) -> String {
        let prefix = main.directory == "/" ? "/" : main.directory + "/"
        guard path.hasPrefix(prefix) else { return path }
        let base = main.display.lastIndex(of: "/").map { String(main.display[...$0]) } ?? ""
        return base + String(path.dropFirst(prefix.count))
    }
}
