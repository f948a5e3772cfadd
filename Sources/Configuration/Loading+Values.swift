// SPDX-License-Identifier: Apache-2.0

import Supervision
import YAML

extension Loading {
    /// Reads one value as its key wants it; nil, with a complaint, when it is something else.
    mutating func readValue(_ node: Node, of key: KeyDefinition) -> Value? {
        switch key.kind {
        case .map(let table):
            guard let entries = node.mapping else { return refuse(node, key) }
            return .map(readSection(entries, table: table, place: "'\(key.name)'"))
        case .environment: return readEnvironment(node, of: key)
        case .command: return readCommand(node, of: key)
        case .exitCodes: return readExitCodes(node, of: key)
        case .names:
            guard let items = node.sequence else { return refuse(node, key) }
            return readTexts(items, of: key)
        case .environmentFiles: return readTexts(node.sequence ?? [node], of: key)
        case .boolean, .integer, .integerOr, .number, .octal, .duration, .durationOr, .size,
            .signal, .choice, .text, .path, .logDestination, .user:
            guard let scalar = node.scalar, let value = readScalar(scalar, at: node.mark, key)
            else {
                return refuse(node, key)
            }
            return value
        }
    }

    /// Complains that a value is not what its key takes.
    private mutating func refuse(_ node: Node, _ key: KeyDefinition) -> Value? {
        let hint = node.scalar.map { Loading.hint(for: $0.text, kind: key.kind) } ?? ""
        complaints.error(
            "'\(key.name)' takes \(key.kind.expectation), not \(node.kindName)\(hint)",
            at: node.mark
        )
        return nil
    }

    private func readScalar(_ scalar: Scalar, at mark: Mark, _ key: KeyDefinition) -> Value? {
        let text = scalar.text
        switch key.kind {
        case .boolean:
            return text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : nil
        case .integer(let range):
            return NumberText.integer(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .integerOr(let range, let word):
            if text == word { return .unlimited }
            return NumberText.integer(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .number(let range):
            return NumberText.decimal(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .octal:
            return NumberText.octal(text).flatMap { $0 <= 0o777 ? .octal($0) : nil }
        case .duration: return DurationText.parse(text).map { .duration($0) }
        case .durationOr(let word):
            return text == word ? .unlimited : DurationText.parse(text).map { .duration($0) }
        case .size: return SizeText.parse(text).map { .size($0) }
        case .signal: return Signal(text).map { .signal($0) }
        case .choice(let words): return words.contains(text) ? .choice(text) : nil
        case .text, .path, .logDestination, .user:
            let isNull = scalar.isPlain && Loading.nulls.contains(text)
            guard !text.isEmpty, !isNull else { return nil }
            return .text(Template(text, at: mark, isLiteral: scalar.isPlain))
        case .exitCodes, .environmentFiles, .command, .environment, .names, .map: return nil
        }
    }

    private static let nulls: Set<String> = ["null", "Null", "NULL"]

    /// What to write instead of a form that other systems have.
    private static func hint(for text: String, kind: ValueKind) -> String {
        switch kind {
        case .boolean:
            if ["yes", "on", "1", "True", "TRUE"].contains(text) { return "; write true" }
            if ["no", "off", "0", "False", "FALSE"].contains(text) { return "; write false" }
            return ""
        case .choice(let words):
            if words.contains("true"), ["yes", "on", "always", "True", "1"].contains(text) {
                return "; write true"
            }
            if words.contains("true"), ["no", "off", "never", "False", "0"].contains(text) {
                return "; write false"
            }
            if words.contains("unexpected"), text == "on-failure" { return "; write unexpected" }
            if text == "warning" { return "; write warn" }
            if text == "crit" || text == "fatal" { return "; write critical" }
            return nearest(to: text, in: words).map { "; did you mean '\($0)'?" } ?? ""
        case .size: return SizeText.parse(text + "B").map { _ in "; write \(text)B" } ?? ""
        case .text, .path, .logDestination, .user:
            return text.isEmpty ? "" : "; leave the key out, or put the word in quotes"
        case .signal: return text == "0" ? "; signal 0 is not a signal" : ""
        case .octal:
            return text.hasPrefix("0o") ? "; write \(text.replacingPrefix("0o", with: "0"))" : ""
        case .integer, .integerOr, .number, .duration, .durationOr, .exitCodes, .environmentFiles,
            .command, .environment, .names, .map:
            return ""
        }
    }

    private mutating func readTexts(_ items: [Node], of key: KeyDefinition) -> Value? {
        var texts: [Template] = []
        for item in items {
            guard let scalar = item.scalar, !scalar.text.isEmpty else { return refuse(item, key) }
            texts.append(Template(scalar.text, at: item.mark, isLiteral: scalar.isPlain))
        }
        return .texts(texts)
    }

    private mutating func readExitCodes(_ node: Node, of key: KeyDefinition) -> Value? {
        var codes: Set<Int32> = []
        for item in node.sequence ?? [node] {
            guard let text = item.scalar?.text, let code = NumberText.integer(text),
                (0...255).contains(code)
            else { return refuse(item, key) }
            codes.insert(Int32(code))
        }
        return .exitCodes(codes)
    }

    private mutating func readEnvironment(_ node: Node, of key: KeyDefinition) -> Value? {
        guard let entries = node.mapping else { return refuse(node, key) }
        var variables: [(name: String, value: Template)] = []
        for entry in entries where !entry.key.hasPrefix("x-") {
            guard EnvironmentFile.isName(entry.key) else {
                complaints.error(
                    "\(quoted(entry.key)) cannot be the name of a variable",
                    at: entry.keyMark
                )
                continue
            }
            guard let scalar = entry.value.scalar, !scalar.isAbsent else {
                let instead = entry.value.isAbsent ? "; write \"\" for an empty text" : ""
                complaints.error(
                    "the variable '\(entry.key)' takes text, not \(entry.value.kindName)\(instead)",
                    at: entry.value.isAbsent ? entry.keyMark : entry.value.mark
                )
                continue
            }
            if Loading.ownVariables.contains(entry.key) {
                complaints.warning(
                    "'\(entry.key)' has no effect: swisord sets it for every program",
                    at: entry.keyMark
                )
            }
            let value = Template(scalar.text, at: entry.value.mark, isLiteral: scalar.isPlain)
            variables.append((entry.key, value))
        }
        return .environment(variables)
    }

    private static let ownVariables: Set<String> = [
        "SUPERVISOR_ENABLED", "SUPERVISOR_SERVER_URL", "SUPERVISOR_PROCESS_NAME",
        "SUPERVISOR_GROUP_NAME",
    ]

    private mutating func readCommand(_ node: Node, of key: KeyDefinition) -> Value? {
        if let items = node.sequence {
            guard !items.isEmpty else {
                complaints.error(
                    "'command' is an empty list; it begins with the program",
                    at: node.mark
                )
                return nil
            }
            var words: [Template] = []
            for item in items {
                guard let scalar = item.scalar, !scalar.isAbsent else { return refuse(item, key) }
                words.append(Template(scalar.text, at: item.mark, isLiteral: scalar.isPlain))
            }
            return .texts(words)
        }
        guard let scalar = node.scalar else { return refuse(node, key) }
        do throws(CommandWords.Malformed) {
            let words = try CommandWords.split(scalar.text)
            guard !words.isEmpty else {
                complaints.error("'command' is empty", at: node.mark)
                return nil
            }
            if let word = CommandWords.shellSyntax(in: words) {
                complaints.warning(
                    "no shell runs this command, so \(quoted(word)) reaches the program as it is; "
                        + "for a shell write command: [sh, -c, '…']",
                    at: node.mark
                )
            }
            return .texts(words.map { Template($0.text, at: node.mark) })
        } catch {
            let template = Template(scalar.text, at: node.mark, isLiteral: scalar.isPlain)
            complaints.error(
                "'command' cannot be split into words: \(error.reason)",
                at: template.mark(offset: error.offset, length: 1)
            )
            return nil
        }
    }
}

extension Template {
    /// The place of a part of the text where it can be told, else the place of the whole.
    func mark(offset: Int, length: Int) -> Mark {
        guard isLiteral, mark.length == text.unicodeScalars.count else { return mark }
        return Mark(file: mark.file, line: mark.line, column: mark.column + offset, length: length)
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
