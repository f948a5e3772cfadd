// SPDX-License-Identifier: Apache-2.0

import Configuration

/// A supervisord.conf and the files that it includes, as the one document that they are.
struct SupervisordFile {
    private(set) var document: INIDocument
    private(set) var findings: [Finding]
    /// The main file as the user named it.
    let file: String
    /// The folder of the main file.
    let folder: String

    init(
        _ text: String,
        file: String,
        path: String,
        library: Library,
        surroundings: Surroundings
    ) {
        self.file = file
        folder = PathText.parent(of: path)
        let main = INIReader(text, file: file, folder: folder)
        document = main.document
        findings = main.findings
        include(library, surroundings)
        spreadDefaults()
    }

    /// Reads what `[include]` names: an `[include]` in one of these files counts for nothing.
    private mutating func include(_ library: Library, _ surroundings: Surroundings) {
        guard let section = document["include"] else { return }
        guard let files = section["files"] else {
            report(.lost, section.place, "supervisord refuses [include] without 'files'")
            return
        }
        let names = Expansion(
            texts: ["here": folder, "host_node_name": surroundings.hostName],
            environment: surroundings.environment
        )
        guard let text = expand(files, names) else { return }
        for pattern in text.split(whereSeparator: \.isWhitespace) {
            let path = pattern.hasPrefix("/") ? String(pattern) : "\(folder)/\(pattern)"
            let found = library.matches(path)
            if found.isEmpty { report(.note, files.place, "no file matches '\(pattern)'") }
            for path in found { include(path, library) }
        }
    }

    private mutating func expand(_ value: INIValue, _ names: Expansion) -> String? {
        do {
            let written = try PercentText(value.text).written(here: "%(here)s")
            return try names.expand(written)
        } catch let error as PercentText.Unwritable {
            report(.lost, value.place, error.reason)
        } catch {
            report(.lost, value.place, "'\(value.text)' has no value in this environment")
        }
        return nil
    }

    private mutating func include(_ path: String, _ library: Library) {
        let shown = display(of: path)
        do throws(Unreadable) {
            let reader = INIReader(
                try library.text(of: path),
                file: shown,
                folder: PathText.parent(of: path),
                into: document
            )
            document = reader.document
            findings += reader.findings
        } catch {
            report(.lost, Place(file: shown, line: 0), "cannot be included: \(error.reason)")
        }
    }

    /// The path as it would be written beside the way the main file was.
    private func display(of path: String) -> String {
        guard path.hasPrefix(folder + "/") else { return path }
        let base = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        return base + path.dropFirst(folder.count + 1)
    }

    /// Keys of `[DEFAULT]` count in every section that does not have them.
    private mutating func spreadDefaults() {
        guard let defaults = document["DEFAULT"] else { return }
        document.sections.removeAll { $0.name == "DEFAULT" }
        for index in document.sections.indices {
            for key in defaults.keys where document.sections[index][key.name] == nil {
                document.sections[index].set(key.name, key.value)
            }
        }
    }

    private mutating func report(_ weight: Finding.Weight, _ place: Place, _ message: String) {
        findings.append(Finding(weight: weight, place: place, message: message))
    }
}
